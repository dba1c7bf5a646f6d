import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { deserialize, serialize } from 'node:v8'
import { BallastError, type Milliseconds, systemCode } from '../../../core/index.ts'
import { REPLY_FILE, REQUEST_FILE, type Reply } from './files.ts'
import type { TaskName, Tasks } from './tasks.ts'

export interface ApartOptions {
  /** What starts this very program: `[node, script]`. */
  readonly program: readonly string[]
  /** It is ended after so long. Absent: it may take what it takes. */
  readonly deadline?: Milliseconds
  /** Where its folder is made; default: the system's. */
  readonly scratch?: string
  readonly say?: (line: string) => void
}

/** How a task ended. `died`: the process gave no reply, because native code ended it, the system, or its deadline. */
export type Outcome<Given> =
  | { readonly kind: 'done'; readonly result: Given }
  | { readonly kind: 'failed'; readonly error: BallastError }
  | { readonly kind: 'died'; readonly how: string }

/** As this very program was started. */
export const started = (): readonly string[] => [process.execPath, process.argv[1] ?? '']

/**
 * Does a task in a process of its own, so that native code which aborts, or takes memory, does it there. Throws what
 * is a mistake of ours in it.
 */
export async function apart<Name extends TaskName>(
  task: Name,
  asks: Tasks[Name]['asks'],
  options: ApartOptions,
): Promise<Outcome<Tasks[Name]['gives']>> {
  const folder = await mkdtemp(join(options.scratch ?? tmpdir(), 'ballast-apart-'))
  try {
    await writeFile(join(folder, REQUEST_FILE), serialize(asks))
    const how = await ended([...options.program, 'apart', task, folder], options)
    const reply = await replyIn(folder)
    if (!reply) return { kind: 'died', how }
    if (reply.kind === 'done') return { kind: 'done', result: reply.result as Tasks[Name]['gives'] }
    const { code, message, ...rest } = reply.error
    if (code === undefined) throw new Error(message)
    return { kind: 'failed', error: new BallastError(code, { message, ...rest }) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Resolves when the process has ended, with how it did in words. */
function ended(
  [command = process.execPath, ...args]: readonly string[],
  { deadline, say }: ApartOptions,
): Promise<string> {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      killSignal: 'SIGKILL',
      ...(deadline !== undefined && { timeout: deadline }),
    })
    // It may end before it reads, and then there is nobody to tell.
    child.stdin.on('error', () => undefined)
    createInterface({ input: child.stdout }).on('line', line => say?.(line))
    child.once('error', error => resolve(error.message))
    child.once('close', (status, signal) => {
      if (child.killed) resolve(`it took longer than ${(deadline ?? 0) / 1000} s`)
      else resolve(signal ? `it was ended by ${signal}` : `it ended with status ${status}`)
    })
  })
}

async function replyIn(folder: string): Promise<Reply | undefined> {
  try {
    return deserialize(await readFile(join(folder, REPLY_FILE))) as Reply
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}
