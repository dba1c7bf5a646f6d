/** Lets work in while the sum of its costs stays within a limit; the rest waits in the order of its arrival. */
export class Gate {
  readonly #limit: number
  readonly #waiting: { readonly cost: number; readonly enter: () => void }[] = []
  #inside = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** What is inside now. */
  get inside(): number {
    return this.#inside
  }

  /** A cost over the limit counts as the whole limit: such work goes in alone. */
  async pass<T>(cost: number, work: () => Promise<T>): Promise<T> {
    const share = Math.min(cost, this.#limit)
    if (this.#waiting.length === 0 && this.#inside + share <= this.#limit) this.#inside += share
    else await new Promise<void>(enter => this.#waiting.push({ cost: share, enter }))
    try {
      return await work()
    } finally {
      this.#inside -= share
      this.#letIn()
    }
  }

  #letIn(): void {
    for (
      let next = this.#waiting[0];
      next && this.#inside + next.cost <= this.#limit;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift()
      this.#inside += next.cost
      next.enter()
    }
  }
}
