import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { systemCode } from '../../core/index.ts'
import { GitError } from '../errors.ts'
import { gitEnvironment } from './environment.ts'

/** A question to a local repository takes milliseconds; a hung disk must not hold a request for ever. */
const MAX_MS = 60_000
/** Standard error is for the message of an error only. */
const MAX_COMPLAINT = 4096

export interface GitAnswer {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly complaint: string
}

export interface RunOptions {
  readonly directory: string
  /** Most bytes of standard output; more is GIT_OUTPUT_TOO_LARGE. */
  readonly maxBytes: number
  /** Exit codes that are answers; others throw GIT_FAILED. Only 0 when absent. */
  readonly accept?: readonly number[]
  readonly maxMs?: number
  /** For standard input; it is closed at once where absent. */
  readonly input?: string
  /** Beside what every git of the server gets, as `environment` is. */
  readonly config?: readonly (readonly [key: string, value: string])[]
  /** Ends it when aborted: GIT_TIMED_OUT. */
  readonly signal?: AbortSignal
  /** It starts helpers that would wait on after it: all of them are ended with it. */
  readonly helpers?: boolean
  /** No file that it writes becomes larger; it is ended at that. */
  readonly maxFileBytes?: number
  readonly environment?: Readonly<Record<string, string>>
}

/** Runs `git --git-dir <directory> …` to its end and gives its output. */
export async function runGit(args: readonly string[], options: RunOptions): Promise<GitAnswer> {
  const { directory, maxBytes, accept = [0], maxMs = MAX_MS } = options
  const [command, first] = limited(options.maxFileBytes)
  const child = spawn(command, [...first, '--git-dir', directory, ...args], {
    env: { ...gitEnvironment({ config: options.config ?? [] }), ...options.environment },
    cwd: '/',
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: options.helpers === true,
  }) as ChildProcessWithoutNullStreams
  const kill = (signal: NodeJS.Signals) => end(child, signal, options.helpers === true)
  const late = setTimeout(() => kill('SIGKILL'), maxMs)
  const stop = () => kill('SIGTERM')
  options.signal?.addEventListener('abort', stop)
  if (options.signal?.aborted) stop()
  if (options.input !== undefined) {
    // It may end before it has read all: its status tells.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input)
  }
  const chunks: Buffer[] = []
  let size = 0
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > maxBytes) kill('SIGKILL')
    else chunks.push(chunk)
  })
  const complaint = keepStart(child.stderr, MAX_COMPLAINT)
  const [exitCode] = (await once(child, 'close')
    .catch(cause => {
      throw unavailable(cause)
    })
    .finally(() => {
      clearTimeout(late)
      options.signal?.removeEventListener('abort', stop)
    })) as [number | null]
  if (size > maxBytes) throw tooMuch(args, maxBytes)
  if (exitCode === null) {
    throw new GitError('GIT_TIMED_OUT', {
      message: `git ${args[0]} was ended after ${maxMs} ms`,
      hint: 'The disk or the machine is overloaded; try again.',
    })
  }
  if (!accept.includes(exitCode)) throw failure(args, exitCode, complaint(), directory)
  return { exitCode, stdout: Buffer.concat(chunks), complaint: complaint() }
}

function end(child: ChildProcess, signal: NodeJS.Signals, group: boolean): void {
  if (!group || child.pid === undefined) {
    child.kill(signal)
    return
  }
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It ended by itself meanwhile.
  }
}

/** `ulimit` counts blocks of 512 bytes. */
function limited(maxFileBytes: number | undefined): readonly [command: string, first: readonly string[]] {
  if (maxFileBytes === undefined) return ['git', []]
  return ['sh', ['-c', 'ulimit -f "$0" && exec git "$@"', String(Math.ceil(maxFileBytes / 512))]]
}

/** The first `limit` bytes of a stream as text, reading on so that its writer never blocks. */
export function keepStart(stream: NodeJS.ReadableStream, limit: number): () => string {
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    if (text.length < limit) text += chunk.toString('utf8').slice(0, limit - text.length)
  })
  return () => text.trim()
}

export function failure(
  args: readonly string[],
  exitCode: number,
  complaint: string,
  directory: string,
): GitError {
  if (!existsSync(directory)) {
    return new GitError('REPOSITORY_MISSING', {
      message: `There is no repository at ${directory}`,
      hint: 'It was removed, or the data folder was moved.',
    })
  }
  const message = `git ${args[0]} ended with status ${exitCode}: ${complaint || 'it said nothing'}`
  return new GitError('GIT_FAILED', {
    message,
    hint: 'Run `git fsck` in that repository; restore it from a backup if it is damaged.',
    details: { directory, exitCode },
  })
}

export function unavailable(cause: unknown): GitError {
  const missing = systemCode(cause) === 'ENOENT'
  return new GitError('GIT_UNAVAILABLE', {
    message: missing ? 'There is no `git` on this machine' : `git could not be started: ${String(cause)}`,
    hint: 'Install git 2.31 or later and see that it is on the PATH of the server.',
    cause,
  })
}

function tooMuch(args: readonly string[], maxBytes: number): GitError {
  return new GitError('GIT_OUTPUT_TOO_LARGE', {
    message: `git ${args[0]} answered more than ${maxBytes} bytes`,
    hint: 'The repository has more refs or files than Ballast reads at once; split it.',
  })
}
