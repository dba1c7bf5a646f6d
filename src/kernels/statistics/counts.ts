import { BUCKETS } from '../layout.ts'

/** How often codes of 16 bits occur: ascending, and those alone that do. Small for a tensor of few elements. */
export interface Counts {
  readonly codes: Uint16Array
  /** Whole numbers, one a code. */
  readonly counts: Float64Array
}

/** Out of a table of 65,536 counts. */
export function countsIn(table: Float64Array): Counts {
  const codes = new Uint16Array(BUCKETS)
  let length = 0
  for (let code = 0; code < table.length; code++) if (table[code]! > 0) codes[length++] = code
  const some = codes.slice(0, length)
  return { codes: some, counts: Float64Array.from(some, code => table[code]!) }
}

export function addTo(table: Float64Array, { codes, counts }: Counts): void {
  for (let i = 0; i < codes.length; i++) table[codes[i]!]! += counts[i]!
}

/** Counts one by one, in any order, with time and results in proportion to the codes that occur. */
export class Tally {
  readonly #table: Float64Array = new Float64Array(BUCKETS)
  readonly #codes: Uint16Array = new Uint16Array(BUCKETS)
  #length = 0

  add(code: number, count: number): void {
    if (this.#table[code] === 0) this.#codes[this.#length++] = code
    this.#table[code]! += count
  }

  /** The counts, and a fresh start. */
  take(): Counts {
    const codes = this.#codes.slice(0, this.#length).sort()
    const counts = Float64Array.from(codes, code => this.#table[code]!)
    for (const code of codes) this.#table[code] = 0
    this.#length = 0
    return { codes, counts }
  }
}
