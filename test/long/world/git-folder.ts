import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Installation } from './installation.ts'

export interface Ran {
  readonly ok: boolean
  readonly said: string
}

/** Where a client pushes a project to. */
export function remoteOf({ url, token }: Installation, project: string): string {
  const remote = new URL(`/${project}.git`, url)
  remote.username = 'client'
  remote.password = token
  return remote.href
}

/** A client's clone, worked on by the real git. */
export class GitFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async git(...args: readonly string[]): Promise<Ran> {
    const result = await this.run(...args)
    if (!result.ok) throw new Error(`git ${args[0]}: ${result.said}`)
    return result
  }

  async run(...args: readonly string[]): Promise<Ran> {
    const identity = ['-c', 'user.name=Client', '-c', 'user.email=client@example.invalid']
    const child = spawn('git', [...identity, '-c', 'commit.gpgsign=false', ...args], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null' },
    })
    let said = ''
    const keep = (chunk: Buffer) => {
      said += chunk.toString()
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const [code] = await once(child, 'close')
    return { ok: code === 0, said }
  }
}
