import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { BallastError, type Bytes, type Milliseconds, systemCode } from '../../../core/index.ts'
import { peakBytes } from '../memory/peak.ts'
import { REPLY_FILE, REQUEST_FILE, type Reply, type Request } from './files.ts'
import { Helper } from './helper.ts'
import type { TaskName, Tasks } from './tasks.ts'

export interface ApartOptions {
  /** What starts this very program: `[node, script]`. */
  readonly program: readonly string[]
  /** It is ended after so long. Absent: it may take what it takes. */
  readonly deadline?: Milliseconds
  /** What it and this process may take together. Absent: what they take. */
  readonly memory?: Bytes
  /** Where its folder is made; default: the system's. */
  readonly scratch?: string
  readonly say?: (line: string) => void
}

/** How a task ended. `died`: the process gave no reply, because native code ended it, the system, or its deadline. */
export type Outcome<Given> =
  | { readonly kind: 'done'; readonly result: Given }
  | { readonly kind: 'failed'; readonly error: BallastError }
  | { readonly kind: 'died'; readonly how: string }

/** What this process may grow by while it waits. */
const GROWTH: Bytes = 8_000_000

let together: Bytes = 0

/** The most that this process held so far, or with one that ran a model for it. */
export function peakTogether(): Bytes {
  return Math.max(peakBytes(), together)
}

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
  const helper = new Helper(options.program, options.say)
  try {
    return await doneBy(helper, task, asks, options)
  } finally {
    await helper.close()
  }
}

/** The same in a process that has done others before. */
export async function doneBy<Name extends TaskName>(
  helper: Helper,
  task: Name,
  asks: Tasks[Name]['asks'],
  { deadline, memory, scratch = tmpdir() }: Omit<ApartOptions, 'program' | 'say'>,
): Promise<Outcome<Tasks[Name]['gives']>> {
  const folder = await mkdtemp(join(scratch, 'ballast-apart-'))
  try {
    const own = process.memoryUsage.rss() + GROWTH
    const request: Request = { asks, ...(memory !== undefined && { memory: memory - own }) }
    await writeFile(join(folder, REQUEST_FILE), serialize(request))
    const how = await helper.do(task, folder, deadline)
    const reply = await replyIn(folder)
    if (!reply) return { kind: 'died', how: how ?? 'it gave no reply' }
    together = Math.max(together, own + reply.peak)
    if (reply.kind === 'done') return { kind: 'done', result: reply.result as Tasks[Name]['gives'] }
    const { code, message, ...rest } = reply.error
    if (code === undefined) throw new Error(message)
    return { kind: 'failed', error: new BallastError(code, { message, ...rest }) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function replyIn(folder: string): Promise<Reply | undefined> {
  try {
    return deserialize(await readFile(join(folder, REPLY_FILE))) as Reply
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}
