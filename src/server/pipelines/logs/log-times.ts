import { appendFile, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogTimes } from '../../../api/index.ts'
import type { AttemptId } from '../../../core/index.ts'

/** Bytes that come within this of each other have one time. */
const RESOLUTION_MS = 100
/** Beyond this many bytes of index, which is an hour of output without a pause, it is coarser. */
const FINE_BYTES = 1024 * 1024
const COARSE_MS = 5000
/** Attempts whose last time is remembered; of others it is read again. */
const MAX_REMEMBERED = 1000

interface Last {
  readonly at: number
  readonly bytes: number
}

/**
 * When a log's bytes arrived: `<attempt>.times` beside the log, a line `<offset> <milliseconds>` for each group
 * of bytes. Written before the bytes, so a crash leaves at most a time of bytes that never came; a line that is
 * torn, or does not grow, is passed over.
 */
export class AttemptLogTimes {
  readonly #folder: string
  readonly #now: () => number
  readonly #last = new Map<AttemptId, Last>()

  constructor(folder: string, now: () => number) {
    this.#folder = folder
    this.#now = now
  }

  /** Bytes come now that belong at `offset`, the log's end. One call of an attempt at a time. */
  async note(attempt: AttemptId, offset: number): Promise<void> {
    const last = this.#last.get(attempt) ?? (await this.#onDisk(attempt))
    const now = Math.max(this.#now(), last.at)
    if (now - last.at < (last.bytes > FINE_BYTES ? COARSE_MS : RESOLUTION_MS)) return
    const line = `\n${offset} ${now}\n`
    await appendFile(this.#path(attempt), line, { mode: 0o600 })
    this.#remember(attempt, { at: now, bytes: last.bytes + line.length })
  }

  /** The times of the bytes from `offset` on; the first may begin before it. */
  async read(attempt: AttemptId, offset = 0): Promise<LogTimes> {
    const text = await readFile(this.#path(attempt), 'utf8').catch(() => '')
    const times: LogTimes = []
    for (const line of text.split('\n')) {
      const match = /^(\d{1,15}) (\d{1,15})$/.exec(line)
      if (!match) continue
      const [from, at] = [Number(match[1]), Number(match[2])]
      const previous = times.at(-1)
      if (previous && (from <= previous[0] || at < previous[1])) continue
      if (previous && from <= offset) times.pop()
      times.push([from, at])
    }
    return times
  }

  async remove(attempt: AttemptId): Promise<void> {
    this.#last.delete(attempt)
    await rm(this.#path(attempt), { force: true })
  }

  async #onDisk(attempt: AttemptId): Promise<Last> {
    const times = await this.read(attempt, Number.MAX_SAFE_INTEGER)
    const bytes = await stat(this.#path(attempt)).then(
      ({ size }) => size,
      () => 0,
    )
    return { at: times.at(-1)?.[1] ?? 0, bytes }
  }

  #remember(attempt: AttemptId, last: Last): void {
    this.#last.delete(attempt)
    this.#last.set(attempt, last)
    const oldest = this.#last.keys().next()
    if (this.#last.size > MAX_REMEMBERED && !oldest.done) this.#last.delete(oldest.value)
  }

  #path(attempt: AttemptId): string {
    return join(this.#folder, `${attempt}.times`)
  }
}
