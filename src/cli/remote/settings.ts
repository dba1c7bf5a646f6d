import { mkdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { ApiClient } from '../../api/index.ts'
import { BallastError, replaceFile } from '../../core/index.ts'

interface Login {
  readonly url: string
  readonly token: string
}

function settingsFile(): string {
  const base = process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config')
  return join(base, 'ballast', 'login.json')
}

/** Remembers a server and a token, readable by the owner alone. */
export async function saveLogin(login: Login): Promise<string> {
  const file = settingsFile()
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await replaceFile(file, `${JSON.stringify(login, null, 2)}\n`)
  return file
}

async function savedLogin(): Promise<Partial<Login>> {
  try {
    const { url, token } = JSON.parse(await readFile(settingsFile(), 'utf8')) as Partial<Login>
    return { ...(url && { url }), ...(token && { token }) }
  } catch {
    return {}
  }
}

/** BALLAST_URL and BALLAST_TOKEN, else what `ballast login` saved. Throws NOT_LOGGED_IN. */
export async function remote(): Promise<ApiClient> {
  return new ApiClient(await loginOf())
}

/** As `remote`: the server and the token themselves. */
export async function loginOf(): Promise<Login> {
  const saved = await savedLogin()
  const url = process.env['BALLAST_URL'] ?? saved.url
  const token = process.env['BALLAST_TOKEN'] ?? saved.token
  if (url && token) return { url, token }
  throw new BallastError('NOT_LOGGED_IN', {
    message: 'No server is known to this command',
    hint: 'Run `ballast login http://127.0.0.1:7420`, or set BALLAST_URL and BALLAST_TOKEN.',
  })
}
