/**
 * Finds where any of many byte strings end in a stream, one byte at a time, in time that depends on neither their
 * number nor their length (Aho and Corasick, 1975). A state is a place in the tree of all beginnings; 0 is none.
 */
export class Automaton {
  readonly #firstChild: Int32Array
  readonly #nextSibling: Int32Array
  readonly #byte: Uint8Array
  /** The place of the longest proper ending of a place that is a beginning too. */
  readonly #fallback: Int32Array
  readonly #depth: Int32Array
  /** The longest string that ends here; 0 where none does. */
  readonly #match: Int32Array
  /** How much of what came may still become the beginning of a string. */
  readonly #open: Int32Array
  readonly #fromRoot = new Int32Array(256)
  #size = 1

  constructor(strings: readonly Uint8Array[]) {
    const most = 1 + strings.reduce((sum, { length }) => sum + length, 0)
    this.#firstChild = new Int32Array(most)
    this.#nextSibling = new Int32Array(most)
    this.#byte = new Uint8Array(most)
    this.#fallback = new Int32Array(most)
    this.#depth = new Int32Array(most)
    this.#match = new Int32Array(most)
    this.#open = new Int32Array(most)
    for (const string of strings) this.#insert(string)
    this.#link()
  }

  /** The state after this byte. */
  next(state: number, byte: number): number {
    for (let at = state; at !== 0; at = this.#fallback[at]!) {
      const child = this.#child(at, byte)
      if (child !== 0) return child
    }
    return this.#fromRoot[byte]!
  }

  /** Length of the longest string that ends in this state; 0 where none does. */
  matchAt(state: number): number {
    return this.#match[state]!
  }

  /** How many of the last bytes may be the beginning of a string that is not whole yet. */
  openAt(state: number): number {
    return this.#open[state]!
  }

  #child(place: number, byte: number): number {
    let child = this.#firstChild[place]!
    while (child !== 0 && this.#byte[child] !== byte) child = this.#nextSibling[child]!
    return child
  }

  #insert(string: Uint8Array): void {
    let place = 0
    for (const byte of string) {
      let child = this.#child(place, byte)
      if (child === 0) {
        child = this.#size++
        this.#byte[child] = byte
        this.#depth[child] = this.#depth[place]! + 1
        this.#nextSibling[child] = this.#firstChild[place]!
        this.#firstChild[place] = child
      }
      place = child
    }
    if (place !== 0) this.#match[place] = string.length
  }

  /** Breadth first: what a place falls back to is nearer to the root, and done. */
  #link(): void {
    const queue = new Int32Array(this.#size)
    let [read, written] = [0, 0]
    for (let child = this.#firstChild[0]!; child !== 0; child = this.#nextSibling[child]!) {
      this.#fromRoot[this.#byte[child]!] = child
      queue[written++] = child
    }
    while (read < written) {
      const place = queue[read++]!
      const fallback = this.#fallback[place]!
      if (this.#match[place] === 0) this.#match[place] = this.#match[fallback]!
      const isOpen = this.#firstChild[place] !== 0
      this.#open[place] = isOpen ? this.#depth[place]! : this.#open[fallback]!
      for (let child = this.#firstChild[place]!; child !== 0; child = this.#nextSibling[child]!) {
        this.#fallback[child] = this.next(fallback, this.#byte[child]!)
        queue[written++] = child
      }
    }
  }
}
