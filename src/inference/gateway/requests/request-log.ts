import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Logger, type Milliseconds, messageOf, Signal } from '../../../core/index.ts'
import type { Registry } from '../telemetry/registry.ts'
import { ModelLog, type Named } from './model-log.ts'
import { heldBytes, recordOf, type Taken } from './record.ts'
import { MAX_LINE_BYTES } from './segments/read.ts'
import type { Entry, SegmentLimits } from './segments/segments.ts'

/** Takes requests at their end, those that are in the sample; nobody waits for it. */
export interface RequestSink {
  take(taken: Taken): void
}

/** What may wait for the disk, with bodies and answers; what comes beyond is dropped, and counted. */
const MAX_HELD_BYTES = 32 * 2 ** 20
/** Requests are written together: a killed process loses as much. */
const GATHER_MS: Milliseconds = 100
/** Of each turn of the event loop, so much may go into making lines. */
const SLICE_MS: Milliseconds = 2
/** Before and behind the JSON of a line. */
const LINE_HEAD_BYTES = 16
const RETAIN_EVERY_MS: Milliseconds = 60_000

export interface RequestLogOptions {
  readonly logger: Logger
  readonly registry: Registry
  /** Epoch milliseconds. */
  readonly now?: () => number
}

type Outcome = 'written' | 'busy' | 'disk' | 'too large'

export interface Written {
  readonly log: ModelLog
  readonly entries: readonly Entry[]
}

interface Gathered {
  readonly log: Named
  readonly limits: SegmentLimits
  readonly entries: Entry[]
  bytes: number
}

/** Writes requests of all routes that have a log, in `<environment>~<model>` of its folder each. */
export class RequestLog implements RequestSink {
  readonly #folder: string
  readonly #logger: Logger
  readonly #now: () => number
  readonly #logs = new Map<string, Promise<ModelLog>>()
  readonly #counts: Record<Outcome, number> = { written: 0, busy: 0, disk: 0, 'too large': 0 }
  #queue: Taken[] = []
  #held = 0
  #gathered = new Map<string, Gathered>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #isTold = false
  readonly #retain: NodeJS.Timeout
  /** Records that were written just now. */
  readonly written: Signal<Written> = new Signal<Written>()

  private constructor(folder: string, { logger, registry, now = Date.now }: RequestLogOptions) {
    this.#folder = folder
    this.#logger = logger
    this.#now = now
    this.#retain = setInterval(() => void this.retain(), RETAIN_EVERY_MS).unref()
    registry.counted(
      'ballast_request_log_records',
      'Requests for the log, by what became of them.',
      ['outcome'],
      () => Object.entries(this.#counts).map(([outcome, value]) => ({ labels: [outcome], value })),
    )
    registry.gauge('ballast_request_log_held_bytes', 'Requests that wait to be written.', [], () => [
      { labels: [], value: this.#held },
    ])
  }

  /** With the logs that are there, whether or not they are still declared: their limits hold on. */
  static async open(folder: string, options: RequestLogOptions): Promise<RequestLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const log = new RequestLog(folder, options)
    for (const name of await readdir(folder)) {
      const reopened = await ModelLog.reopen(join(folder, name), log.#now).catch((error: unknown) => {
        options.logger.error({ log: name, reason: messageOf(error) }, 'a request log could not be opened')
        return undefined
      })
      if (reopened !== undefined) log.#logs.set(name, Promise.resolve(reopened))
    }
    return log
  }

  /** Records since the start, by what became of them. */
  get counts(): Readonly<Record<Outcome, number>> {
    return this.#counts
  }

  take(taken: Taken): void {
    const bytes = heldBytes(taken)
    if (this.#held + bytes > MAX_HELD_BYTES) {
      this.#counts.busy++
      return
    }
    this.#held += bytes
    this.#queue.push(taken)
    this.#timer ??= setTimeout(() => this.#encode(), GATHER_MS).unref()
  }

  /** All that was taken until now is written, or counted as lost. */
  async flush(): Promise<void> {
    while (this.#queue.length > 0 || this.#gathered.size > 0) {
      clearTimeout(this.#timer)
      this.#encode()
      await new Promise(setImmediate)
    }
    await this.#writing
  }

  /** Those that are there, of a model or of all. */
  async logs({ environment, model }: Partial<Named> = {}): Promise<readonly ModelLog[]> {
    const all = await Promise.all([...this.#logs.values()].map(log => log.catch(() => undefined)))
    return all.filter(
      log =>
        log !== undefined &&
        (environment === undefined || log.environment === environment) &&
        (model === undefined || log.model === model),
    ) as readonly ModelLog[]
  }

  async retain(): Promise<void> {
    for (const log of await this.logs()) {
      await log.retain().catch((error: unknown) => {
        this.#logger.error({ log: log.folder, reason: messageOf(error) }, 'old requests could not be removed')
      })
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#retain)
    await this.flush()
    for (const log of await this.logs()) await log.close()
  }

  /** For a while; what is left comes in the next turn. */
  #encode(): void {
    this.#timer = undefined
    const until = performance.now() + SLICE_MS
    let done = 0
    while (done < this.#queue.length && performance.now() < until) this.#gather(this.#queue[done++]!)
    this.#queue = done === this.#queue.length ? [] : this.#queue.slice(done)
    if (this.#queue.length > 0) this.#timer = setTimeout(() => this.#encode(), 0).unref()
    else this.#write()
  }

  #gather(taken: Taken): void {
    const held = heldBytes(taken)
    const json = recordOf(taken)
    if (Buffer.byteLength(json) > MAX_LINE_BYTES - LINE_HEAD_BYTES) {
      this.#counts['too large']++
      this.#held -= held
      return
    }
    const name = `${taken.environment}~${taken.model}`
    let gathered = this.#gathered.get(name)
    if (gathered === undefined) {
      gathered = { log: taken, limits: taken.rule.limits, entries: [], bytes: 0 }
      this.#gathered.set(name, gathered)
    }
    gathered.entries.push({ id: taken.requestId, json })
    gathered.bytes += held
  }

  #write(): void {
    const all = [...this.#gathered]
    this.#gathered = new Map()
    for (const [name, gathered] of all) this.#writing = this.#writing.then(() => this.#append(name, gathered))
  }

  async #append(name: string, { log: named, limits, entries, bytes }: Gathered): Promise<void> {
    try {
      const log = await this.#log(name, named, limits)
      await log.limit(limits)
      await log.append(entries)
      this.#counts.written += entries.length
      this.#isTold = false
      this.written.emit({ log, entries })
    } catch (error) {
      this.#counts.disk += entries.length
      if (!this.#isTold) this.#logger.warn({ log: name, reason: messageOf(error) }, 'requests are not logged')
      this.#isTold = true
    } finally {
      this.#held -= bytes
    }
  }

  #log(name: string, { environment, model }: Named, limits: SegmentLimits): Promise<ModelLog> {
    let log = this.#logs.get(name)
    if (log === undefined) {
      log = ModelLog.open(join(this.#folder, name), { environment, model }, limits, this.#now)
      this.#logs.set(name, log)
      // A folder that could not be made is tried again.
      log.catch(() => this.#logs.delete(name))
    }
    return log
  }
}
