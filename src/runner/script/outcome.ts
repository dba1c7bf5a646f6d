import { constants, type FSWatcher, watch } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

/** Longer than any of these lines: the rest of a larger file is not ours. */
const MAX_LINE = 64
/** Where the file system tells no changes. */
const POLL_MS = 500

/** Where a job of several phases is; phases count from 0. */
export interface PhaseAt {
  readonly phase: number
  readonly running: boolean
  /** When that was written, in milliseconds. */
  readonly since: number
}

export interface Decided {
  readonly outcome: 'failed' | 'errored'
  readonly exitCode: number
  readonly phase: number
}

/** Which phase decided; undefined when none did, or what is there is none of the script's lines. */
export async function decidedIn(out: string): Promise<Decided | undefined> {
  const { text } = await line(out, 'decided')
  const [, outcome, exitCode, phase] = /^(failed|errored) (\d{1,3}) (\d{1,4})\n$/.exec(text) ?? []
  if (outcome === undefined) return undefined
  return { outcome: outcome as Decided['outcome'], exitCode: Number(exitCode), phase: Number(phase) - 1 }
}

export async function phaseIn(out: string): Promise<PhaseAt | undefined> {
  const { text, since } = await line(out, 'phase')
  const [, phase, word] = /^(\d{1,4}) (starting|running|ended) [a-z]+\n$/.exec(text) ?? []
  return phase === undefined ? undefined : { phase: Number(phase) - 1, running: word !== 'ended', since }
}

/** Tells each change of phase, and the one that is under way. Gives what ends it. */
export function watchPhases(out: string, changed: (at: PhaseAt) => void): () => void {
  let last = ''
  let closed = false
  const look = async (): Promise<void> => {
    const at = await phaseIn(out)
    const key = JSON.stringify(at)
    if (closed || !at || key === last) return
    last = key
    changed(at)
  }
  const watcher = watchFolder(out, () => void look())
  const poll = setInterval(() => void look(), POLL_MS)
  void look()
  return () => {
    closed = true
    clearInterval(poll)
    watcher?.close()
  }
}

/** The job can put anything there: a link, a pipe, a file without end. */
async function line(out: string, name: string): Promise<{ text: string; since: number }> {
  const handle = await open(
    join(out, name),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  ).catch(() => undefined)
  const none = { text: '', since: 0 }
  if (!handle) return none
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) return none
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_LINE), 0, MAX_LINE, 0)
    return { text: buffer.toString('latin1', 0, bytesRead), since: stat.mtimeMs }
  } catch {
    return none
  } finally {
    await handle.close()
  }
}

function watchFolder(folder: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === 'phase') changed()
    })
    watcher.on('error', () => undefined)
    return watcher
  } catch {
    return undefined
  }
}
