import { InferenceError } from '../../errors.ts'

/** Requests that may wait for a replica to come (back). */
const MAX_WAITING = 1000
const MAX_WAITING_BYTES: number = 128 * 2 ** 20
/** What no event tells, such as a breaker that half opens, is found out so often. */
const LOOK_MS = 100

export interface Waiting {
  readonly bytes: number
  /** Tries again to find a replica: it may `enter` again. */
  again(): void
}

/** Where requests wait while no replica of theirs is connected; they all try again when one is. */
export class WaitingRoom {
  #inside = new Set<Waiting>()
  #bytes = 0
  #look: NodeJS.Timeout | undefined
  #waking = false

  get size(): number {
    return this.#inside.size
  }

  /** Throws QUEUE_FULL. */
  enter(waiting: Waiting): void {
    if (this.#inside.size >= MAX_WAITING || this.#bytes + waiting.bytes > MAX_WAITING_BYTES) {
      throw new InferenceError('QUEUE_FULL', {
        message: `${this.#inside.size} requests with ${this.#bytes} bytes wait for replicas to start already`,
        hint: 'Try again in some seconds.',
      })
    }
    this.#inside.add(waiting)
    this.#bytes += waiting.bytes
    this.#look ??= setInterval(() => this.#wake(), LOOK_MS)
  }

  /** Its time is over, or its client gone. */
  leave(waiting: Waiting): void {
    if (!this.#inside.delete(waiting)) return
    this.#bytes -= waiting.bytes
    if (this.#inside.size === 0) this.#stop()
  }

  /** A replica was connected, or the table is another. All that happens in one turn of the loop wakes once. */
  wake(): void {
    if (this.#waking || this.#inside.size === 0) return
    this.#waking = true
    setImmediate(() => {
      this.#waking = false
      this.#wake()
    })
  }

  #wake(): void {
    const inside = this.#inside
    this.#inside = new Set()
    this.#bytes = 0
    for (const waiting of inside) waiting.again()
    if (this.#inside.size === 0) this.#stop()
  }

  #stop(): void {
    clearInterval(this.#look)
    this.#look = undefined
  }

  close(): void {
    this.#stop()
  }
}
