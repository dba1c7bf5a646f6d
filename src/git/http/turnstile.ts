/**
 * Lets at most `width` through at a time; others wait in order, and beyond `maxWaiting` are turned away.
 */
export class Turnstile {
  readonly #waiting: (() => void)[] = []
  readonly #width: number
  readonly #maxWaiting: number
  #inside = 0

  constructor(width: number, maxWaiting: number) {
    this.#width = width
    this.#maxWaiting = maxWaiting
  }

  /** What to call on leaving, or undefined when too many wait already. */
  async enter(): Promise<(() => void) | undefined> {
    if (this.#inside < this.#width) this.#inside++
    else if (this.#waiting.length >= this.#maxWaiting) return undefined
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    let left = false
    return () => {
      if (left) return
      left = true
      const next = this.#waiting.shift()
      // The place goes to the next in line without becoming free in between.
      if (next) next()
      else this.#inside--
    }
  }
}
