import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { GitError } from '../errors.ts'
import { drained } from './drained.ts'
import { gitEnvironment } from './environment.ts'
import { failure, keepStart, unavailable } from './run.ts'

export interface StreamOptions {
  readonly directory: string
  /** Standard input: as much as git takes at a time. */
  readonly input: AsyncIterable<string> | Iterable<string>
  readonly environment?: Readonly<Record<string, string>>
  /** Ended after this long: GIT_TIMED_OUT. */
  readonly maxMs: number
  readonly signal?: AbortSignal
}

/**
 * Runs a git whose answer is too long to hold, and gives its output as it comes. Ended when its reader stops. Throws
 * GIT_FAILED, GIT_TIMED_OUT, GIT_UNAVAILABLE after the last piece.
 */
export async function* streamGit(args: readonly string[], options: StreamOptions): AsyncGenerator<Buffer> {
  const { directory, maxMs, signal } = options
  const child = spawn('git', ['--git-dir', directory, ...args], {
    env: { ...gitEnvironment(), ...options.environment },
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const late = setTimeout(() => child.kill('SIGKILL'), maxMs)
  const stop = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  const complaint = keepStart(child.stderr, 4096)
  const exited = once(child, 'close').catch(cause => {
    throw unavailable(cause)
  }) as Promise<[number | null]>
  exited.catch(() => undefined)
  child.stdin.on('error', () => undefined)
  const fed = feed(child.stdin, options.input)
  fed.catch(stop)
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer
    const [exitCode] = await exited
    await fed
    if (exitCode === null) throw timedOut(args, maxMs)
    if (exitCode !== 0) throw failure(args, exitCode, complaint(), directory)
  } finally {
    clearTimeout(late)
    signal?.removeEventListener('abort', stop)
    child.kill('SIGKILL')
  }
}

async function feed(stdin: Writable, input: StreamOptions['input']): Promise<void> {
  for await (const text of input) {
    if (stdin.destroyed) break
    if (!stdin.write(text) && !stdin.destroyed) await drained(stdin)
  }
  stdin.end()
}

function timedOut(args: readonly string[], maxMs: number): GitError {
  return new GitError('GIT_TIMED_OUT', {
    message: `git ${args[0]} was ended, after ${maxMs} ms or because it was no longer wanted`,
    hint: 'The disk or the machine is overloaded, or the push is very large: push in parts.',
  })
}

/** Text between `separator`s; what follows the last one is dropped where it is empty. */
export async function* partsOf(
  chunks: AsyncIterable<Buffer>,
  separator: '\n' | '\0',
): AsyncGenerator<string> {
  // By bytes that stand for themselves, so that a character which two chunks share is not torn.
  let rest = ''
  for await (const chunk of chunks) {
    const parts = (rest + chunk.toString('latin1')).split(separator)
    rest = parts.pop()!
    for (const part of parts) yield Buffer.from(part, 'latin1').toString('utf8')
  }
  if (rest !== '') yield Buffer.from(rest, 'latin1').toString('utf8')
}
