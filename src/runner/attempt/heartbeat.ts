import { RunnerError } from '../errors.ts'

/** While the control plane is away it is asked this often. */
const RETRY_MS = 1000
/** A trivial job ends within it: its end says all. */
const SOON_MS = 50

export interface HeartbeatOptions {
  readonly leaseMs: number
  readonly beat: (started: boolean) => Promise<{ readonly cancel: boolean }>
  readonly onCancel: () => void
  readonly onLost: (error: RunnerError) => void
}

/** Renews a lease every third of it, and soon after the process has started. */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  #started = false
  #stopped = false
  #beating = false
  #again = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#schedule(options.leaseMs / 3)
  }

  /** Tells soon, without being waited for; a job that has ended by then tells it with its end. */
  started(): void {
    this.#started = true
    this.#schedule(SOON_MS)
  }

  now(): void {
    if (this.#stopped) return
    if (this.#beating) this.#again = true
    else void this.#beat()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer)
    if (!this.#stopped) this.#timer = setTimeout(() => this.now(), ms)
  }

  async #beat(): Promise<void> {
    this.#beating = true
    this.#again = false
    let next = this.#options.leaseMs / 3
    try {
      const { cancel } = await this.#options.beat(this.#started)
      if (cancel && !this.#stopped) this.#options.onCancel()
    } catch (error) {
      next = Math.min(next, RETRY_MS)
      const lost = error instanceof RunnerError && error.code === 'LEASE_LOST'
      if (lost && !this.#stopped) {
        this.stop()
        this.#options.onLost(error)
      }
    }
    this.#beating = false
    this.#schedule(this.#again ? 0 : next)
  }
}
