import { createReadStream } from 'node:fs'
import { mkdir, open, opendir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type AttemptId, diskFull, type Instant, Signal } from '../../../core/index.ts'
import { ServerError } from '../../errors.ts'
import { SerialByKey } from '../../serial.ts'
import { AttemptLogTimes } from './log-times.ts'

/** An attempt's whole log is at most this long; the runner cuts before, this bounds a runner gone wrong. */
const MAX_LOG_BYTES = 128 * 1024 * 1024
const LOG_FILE = /^(att_[0-9a-z]+)\.log$/

/** Logs of attempts: a file each, appended by offset, read by offset, followed live. */
export class AttemptLogs {
  /** When their bytes arrived. */
  readonly times: AttemptLogTimes
  readonly #folder: string
  readonly #serial = new SerialByKey()
  readonly #grown = new Signal<{ readonly attempt: AttemptId; readonly length: number }>()

  constructor(dataDir: string, now: () => number = Date.now) {
    this.#folder = join(dataDir, 'attempt-logs')
    this.times = new AttemptLogTimes(this.#folder, now)
  }

  async prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
  }

  /**
   * Adds `bytes` that belong at `offset`; what is there already is passed over, so a repeated append changes
   * nothing. Gives the length there is now. Throws LOG_GAP when `offset` is beyond the end.
   */
  append(attempt: AttemptId, offset: number, bytes: Uint8Array): Promise<number> {
    return this.#serial.run(attempt, async () => {
      const length = await this.length(attempt)
      if (offset > length) {
        throw new ServerError('LOG_GAP', {
          message: `The log of ${attempt} has ${length} bytes; an append at ${offset} would leave a hole`,
          hint: `Send again from offset ${length}.`,
          details: { length },
        })
      }
      const fresh = bytes.subarray(
        Math.min(bytes.length, length - offset),
        Math.max(0, MAX_LOG_BYTES - offset),
      )
      if (fresh.length === 0) return length
      const handle = await open(this.#path(attempt), 'a', 0o600)
      try {
        await this.times.note(attempt, length)
        await handle.appendFile(fresh)
      } catch (cause) {
        throw diskFull(cause, this.#path(attempt)) ?? cause
      } finally {
        await handle.close()
      }
      const grown = length + fresh.length
      this.#grown.emit({ attempt, length: grown })
      return grown
    })
  }

  async length(attempt: AttemptId): Promise<number> {
    return stat(this.#path(attempt)).then(
      found => found.size,
      () => 0,
    )
  }

  /** Bytes [start, end) of a log. */
  read(attempt: AttemptId, start: number, end: number): Readable {
    return createReadStream(this.#path(attempt), { start, end: Math.max(start, end - 1) })
  }

  /**
   * Removes logs to which nothing has been added since `before`, and that `mayGo` names: a file that is no log
   * stays. Gives how many.
   */
  async prune(before: Instant, mayGo: (attempt: AttemptId) => Promise<boolean>): Promise<number> {
    let removed = 0
    for await (const entry of await opendir(this.#folder)) {
      const attempt = LOG_FILE.exec(entry.name)?.[1] as AttemptId | undefined
      if (attempt === undefined || (await addedTo(this.#path(attempt))) >= before) continue
      if (!(await mayGo(attempt))) continue
      // The times first: a crash in between leaves a log, which the next round takes.
      await this.times.remove(attempt)
      await rm(this.#path(attempt), { force: true })
      removed++
    }
    return removed
  }

  onGrowth(listener: (growth: { readonly attempt: AttemptId; readonly length: number }) => void): () => void {
    return this.#grown.on(listener)
  }

  #path(attempt: AttemptId): string {
    return join(this.#folder, `${attempt}.log`)
  }
}

/** When bytes were last added to a file; of one that has gone, now. */
async function addedTo(path: string): Promise<number> {
  return stat(path).then(
    found => found.mtimeMs,
    () => Number.POSITIVE_INFINITY,
  )
}
