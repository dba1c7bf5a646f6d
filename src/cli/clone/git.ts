import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { BallastError, systemCode } from '../../core/index.ts'

/** What git says in a word or two; a listing of refs is not read here. */
const MAX_OUTPUT = 1 << 20

interface GitOptions {
  readonly folder?: string
  /** For this run alone, by the environment: neither in a file nor in the list of processes. */
  readonly config?: readonly (readonly [key: string, value: string])[]
  /** Its progress goes to the terminal. */
  readonly shown?: boolean
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
}

interface GitAnswer {
  readonly exitCode: number
  readonly stdout: string
}

/** Runs the user's git, with the user's configuration. Throws GIT_MISSING. */
export async function git(args: readonly string[], options: GitOptions = {}): Promise<GitAnswer> {
  const { folder, config = [], shown = false, input, environment } = options
  const child = spawn('git', args, {
    ...(folder !== undefined && { cwd: folder }),
    env: { ...process.env, GIT_LFS_SKIP_SMUDGE: '1', ...configEnvironment(config), ...environment },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', shown ? 'inherit' : 'ignore'],
  })
  let stdout = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    if (stdout.length < MAX_OUTPUT) stdout += chunk.toString('utf8')
  })
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
  const [exitCode] = (await once(child, 'close').catch(cause => {
    throw missing(cause)
  })) as [number | null]
  return { exitCode: exitCode ?? 128, stdout }
}

/** Beside what the user has set so already. */
function configEnvironment(config: NonNullable<GitOptions['config']>): NodeJS.ProcessEnv {
  const first = Number(process.env['GIT_CONFIG_COUNT'] ?? 0) || 0
  const environment: NodeJS.ProcessEnv = { GIT_CONFIG_COUNT: String(first + config.length) }
  for (const [index, [key, value]] of config.entries()) {
    environment[`GIT_CONFIG_KEY_${first + index}`] = key
    environment[`GIT_CONFIG_VALUE_${first + index}`] = value
  }
  return environment
}

function missing(cause: unknown): BallastError {
  const isMissing = systemCode(cause) === 'ENOENT'
  return new BallastError('GIT_MISSING', {
    message: isMissing ? 'There is no `git` on this machine' : `git could not be started: ${String(cause)}`,
    hint: 'Install git 2.31 or later.',
    cause,
  })
}
