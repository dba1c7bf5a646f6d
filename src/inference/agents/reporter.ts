import { type Logger, messageOf } from '../../core/index.ts'

/** A control plane that does not answer a report within this is away. */
const POST_TIMEOUT_MS = 5000

export interface ReporterOptions {
  readonly url: string
  readonly token: string
  /** Least time between two reports. */
  readonly everyMs: number
  /** Reports go at least this often, changed or not. */
  readonly atLeastMs: number
  readonly make: () => unknown | Promise<unknown>
  readonly logger: Logger
}

/**
 * Posts the present truth when it changed. Reports are whole, so a lost one is made good by the next; one is under
 * way at a time, and a failed one is tried again with the next tick.
 */
export class Reporter {
  readonly #options: ReporterOptions
  readonly #timer: NodeJS.Timeout
  #changed = true
  #urgent = false
  #last = Number.NEGATIVE_INFINITY
  #posting: Promise<void> | undefined
  #away = false

  constructor(options: ReporterOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#tick(), options.everyMs)
  }

  /** Something is new: told with the next tick, or at once. */
  changed(when: 'soon' | 'now'): void {
    this.#changed = true
    if (when === 'soon') return
    this.#urgent = true
    this.#tick()
  }

  /** The last word, then silence. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#posting
    if (this.#changed && !this.#away) await this.#post()
  }

  #tick(): void {
    if (this.#posting !== undefined) return
    const age = performance.now() - this.#last
    const due = this.#urgent || (this.#changed && age >= this.#options.everyMs * 0.9)
    if (!due && age < this.#options.atLeastMs) return
    this.#posting = this.#post().finally(() => {
      this.#posting = undefined
      if (this.#urgent) this.#tick()
    })
  }

  async #post(): Promise<void> {
    this.#changed = false
    this.#urgent = false
    this.#last = performance.now()
    const { url, token, make, logger } = this.#options
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(await make()),
        signal: AbortSignal.timeout(POST_TIMEOUT_MS),
      })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`the control plane answered ${response.status}`)
      if (this.#away) logger.info({ url }, 'reports reach the control plane again')
      this.#away = false
    } catch (error) {
      this.#changed = true
      if (!this.#away)
        logger.warn({ url, reason: messageOf(error) }, 'a report did not reach the control plane')
      this.#away = true
    }
  }
}
