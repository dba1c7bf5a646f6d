import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { ApiClient, meSchema } from '../../api/index.ts'
import { saveLogin } from '../remote/settings.ts'

export function loginCommand(): Command {
  return new Command('login')
    .description('remember a server and a token for later commands')
    .argument('<url>', 'the server, such as http://127.0.0.1:7420')
    .option('--token-file <file>', 'read the token from a file; default: ask, or standard input')
    .action(run)
}

async function run(url: string, options: { readonly tokenFile?: string }): Promise<void> {
  const token = (options.tokenFile ? await readToken(options.tokenFile) : await askToken()).trim()
  const me = await new ApiClient({ url, token }).get('/me', meSchema)
  const file = await saveLogin({ url, token })
  process.stdout.write(`Logged in to ${url} as ${me.name} (${me.scopes.join(', ')}); kept in ${file}\n`)
}

async function readToken(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  return readFile(file, 'utf8')
}

async function askToken(): Promise<string> {
  if (!process.stdin.isTTY) return text(process.stdin)
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await prompt.question('Token: ')
  } finally {
    prompt.close()
  }
}
