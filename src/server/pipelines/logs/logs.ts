import { createReadStream } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type AttemptId, diskFull, Signal } from '../../../core/index.ts'
import { ServerError } from '../../errors.ts'
import { SerialByKey } from '../../serial.ts'
import { AttemptLogTimes } from './log-times.ts'

/** An attempt's whole log is at most this long; the runner cuts before, this bounds a runner gone wrong. */
const MAX_LOG_BYTES = 128 * 1024 * 1024

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

  onGrowth(listener: (growth: { readonly attempt: AttemptId; readonly length: number }) => void): () => void {
    return this.#grown.on(listener)
  }

  #path(attempt: AttemptId): string {
    return join(this.#folder, `${attempt}.log`)
  }
}
