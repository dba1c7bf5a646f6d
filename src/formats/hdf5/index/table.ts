import { fail } from '../failures.ts'
import { MAX_CHUNKS } from '../limits.ts'

/** Where one chunk lies. */
export interface ChunkPlace {
  readonly address: number
  /** Bytes as stored. */
  readonly size: number
  /** Bit i: filter i of the pipeline was left out. */
  readonly mask: number
}

/** The chunks of a dataset by their number (in C order over the grid of chunks), 24 bytes each. */
export class ChunkTable {
  readonly #name: string
  #numbers = new Float64Array(64)
  #addresses = new Float64Array(64)
  #sizes = new Float64Array(64)
  #masks = new Uint32Array(64)
  #count = 0
  #sorted = true

  constructor(name: string) {
    this.#name = name
  }

  get count(): number {
    return this.#count
  }

  add(number: number, { address, size, mask }: ChunkPlace): void {
    if (this.#count >= MAX_CHUNKS)
      throw fail.limit({ name: this.#name }, `a dataset has over ${MAX_CHUNKS} chunks`)
    if (this.#count === this.#numbers.length) this.#grow()
    if (this.#count > 0 && number <= this.#numbers[this.#count - 1]!) this.#sorted = false
    this.#numbers[this.#count] = number
    this.#addresses[this.#count] = address
    this.#sizes[this.#count] = size
    this.#masks[this.#count] = mask
    this.#count++
  }

  /** The chunks with numbers from `first` to `last`, in order; those that were never written are left out. */
  *range(first: number, last: number): Generator<ChunkPlace & { readonly number: number }, void> {
    if (!this.#sorted) this.#sort()
    let before: number | undefined
    for (let i = this.#indexOf(first); i < this.#count; i++) {
      const number = this.#numbers[i]!
      if (number > last) return
      // An index that names a chunk twice: the first counts.
      if (number === before) continue
      before = number
      yield { number, address: this.#addresses[i]!, size: this.#sizes[i]!, mask: this.#masks[i]! }
    }
  }

  /** Of the first entry whose number is at least `number`. */
  #indexOf(number: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#numbers[middle]! < number) low = middle + 1
      else high = middle
    }
    return low
  }

  #grow(): void {
    const wider = <T extends Float64Array | Uint32Array>(to: T, from: T): T => {
      to.set(from)
      return to
    }
    const length = this.#numbers.length * 2
    this.#numbers = wider(new Float64Array(length), this.#numbers)
    this.#addresses = wider(new Float64Array(length), this.#addresses)
    this.#sizes = wider(new Float64Array(length), this.#sizes)
    this.#masks = wider(new Uint32Array(length), this.#masks)
  }

  #sort(): void {
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i)
    const numbers = this.#numbers
    order.sort((a, b) => numbers[a]! - numbers[b]!)
    this.#numbers = Float64Array.from(order, i => numbers[i]!)
    this.#addresses = Float64Array.from(order, i => this.#addresses[i]!)
    this.#sizes = Float64Array.from(order, i => this.#sizes[i]!)
    this.#masks = Uint32Array.from(order, i => this.#masks[i]!)
    this.#sorted = true
  }
}
