import type { Bytes } from '../../core/index.ts'

/** Where each piece of a recipe begins in its file. */
export class Starts {
  readonly #starts: Float64Array

  constructor(pieces: readonly { readonly length: Bytes }[]) {
    this.#starts = new Float64Array(pieces.length)
    for (let index = 1; index < pieces.length; index++)
      this.#starts[index] = this.#starts[index - 1]! + pieces[index - 1]!.length
  }

  of(index: number): Bytes {
    return this.#starts[index]!
  }

  /** Which piece holds the byte at `offset`, which lies in the file. */
  holding(offset: Bytes): number {
    let [low, high] = [0, this.#starts.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#starts[middle]! <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Which piece begins exactly there. */
  at(offset: Bytes): number | undefined {
    const index = this.holding(offset)
    return this.#starts[index] === offset ? index : undefined
  }
}
