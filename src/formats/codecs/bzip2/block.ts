import { Bits } from './bits.ts'
import { FAST_BITS, type HuffmanTable, MAX_CODE_LENGTH, readLengths, tableOf } from './huffman.ts'

/** Symbols that share one choice of table. */
const GROUP = 50
const MAX_SELECTORS = 2 ** 15

/** What unpacking one block found. */
export type BlockResult =
  /** Where the block ends, in bits of the window. */
  | { readonly kind: 'block'; readonly end: number }
  | { readonly kind: 'fault'; readonly why: string }
  /** The window ends within the block. */
  | { readonly kind: 'short' }

/**
 * One block of a bzip2 stream: Huffman codes, moves to the front, the Burrows-Wheeler transform and runs, undone in
 * that order (bzip2 1.0.8; "bzip2 format specification", Tsai 2016). `load` takes the block in, `drain` gives it out.
 */
export class Block {
  readonly capacity: number
  /** First the bytes of the last column; then, above them, where each one's follower is. */
  readonly #chain: Uint32Array
  readonly #selectors = new Uint8Array(MAX_SELECTORS)
  #left = 0
  #next = 0
  #previous = -1
  #repeats = 0
  #pending = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.#chain = new Uint32Array(capacity)
  }

  /** Takes in a block from behind its magic number and checksum. */
  load(window: Uint8Array, bit: number): BlockResult {
    const bits = new Bits(window, bit)
    const found = this.#load(bits)
    // What a block that breaks off seems to hold is of no interest.
    return bits.overrun ? { kind: 'short' } : found
  }

  #load(bits: Bits): BlockResult {
    if (bits.read(1) !== 0)
      return fault('its block is of the randomised kind of bzip2 0.9.0, which is not read')
    const origin = bits.read(24)
    const used = readUsed(bits)
    if (used.length === 0) return fault('a block uses no bytes')
    const tables = this.#readTables(bits, used.length + 2)
    if (typeof tables === 'string') return fault(tables)
    const count = this.#readSymbols(bits, used, tables.tables, tables.selectors)
    if (typeof count === 'string') return fault(count)
    if (origin >= count) return fault(`a block of ${count} bytes begins at its byte ${origin}`)
    this.#link(count, origin)
    return { kind: 'block', end: bits.position }
  }

  /** Fills `out` with what comes next, and gives how much that was: less than its length at the block's end. */
  drain(out: Uint8Array): number {
    const chain = this.#chain
    const limit = out.byteLength
    let [left, next, previous, repeats, pending] = [
      this.#left,
      this.#next,
      this.#previous,
      this.#repeats,
      this.#pending,
    ]
    let to = 0
    while (to < limit) {
      if (pending > 0) {
        const now = Math.min(pending, limit - to)
        out.fill(previous, to, to + now)
        to += now
        pending -= now
        continue
      }
      if (left === 0) break
      left--
      const link = chain[next]!
      const byte = link & 255
      next = link >>> 8
      if (repeats === 4) {
        // Behind four equal bytes stands how often that byte comes again.
        pending = byte
        repeats = 0
        continue
      }
      repeats = byte === previous ? repeats + 1 : 1
      previous = byte
      out[to++] = byte
    }
    ;[this.#left, this.#next, this.#previous, this.#repeats, this.#pending] = [
      left,
      next,
      previous,
      repeats,
      pending,
    ]
    return to
  }

  #readTables(bits: Bits, symbols: number): { tables: readonly HuffmanTable[]; selectors: number } | string {
    const groups = bits.read(3)
    if (groups < 2 || groups > 6) return `a block has ${groups} tables, expected 2 to 6`
    const selectors = bits.read(15)
    if (selectors === 0) return 'a block chooses no tables'
    const order = [0, 1, 2, 3, 4, 5]
    for (let index = 0; index < selectors; index++) {
      let place = 0
      while (bits.read(1) === 1) if (++place >= groups) return 'a block chooses a table that it does not have'
      const [chosen] = order.splice(place, 1)
      order.unshift(chosen!)
      this.#selectors[index] = chosen!
    }
    const tables: HuffmanTable[] = []
    for (let group = 0; group < groups; group++) {
      const lengths = readLengths(bits, symbols)
      if (!lengths) return 'a block has a code whose length is none'
      tables.push(tableOf(lengths))
    }
    return { tables, selectors }
  }

  /** Writes the bytes of the last column into the chain, and gives how many. */
  #readSymbols(
    bits: Bits,
    used: Uint8Array,
    tables: readonly HuffmanTable[],
    selectors: number,
  ): number | string {
    const chain = this.#chain
    const capacity = this.capacity
    const front = Uint8Array.from(used)
    const bytes = bits.bytes
    const end = used.length + 1
    let { at, held, count } = bits
    let size = 0
    let run = 0
    let runBit = 1
    try {
      for (let group = 0; group < selectors; group++) {
        const { fast, limits, bases, symbols } = tables[this.#selectors[group]!]!
        for (let turn = 0; turn < GROUP; turn++) {
          while (count < MAX_CODE_LENGTH) {
            held = (held << 8) | (at < bytes.length ? bytes[at]! : 0)
            at++
            count += 8
          }
          const quick = fast[(held >>> (count - FAST_BITS)) & ((1 << FAST_BITS) - 1)]!
          let symbol: number
          if (quick !== 0) {
            count -= quick & 31
            symbol = quick >> 5
          } else {
            const code = (held >>> (count - MAX_CODE_LENGTH)) & ((1 << MAX_CODE_LENGTH) - 1)
            let length = FAST_BITS + 1
            while (length <= MAX_CODE_LENGTH && code >= limits[length]!) length++
            if (length > MAX_CODE_LENGTH) return 'a block has a code that stands for nothing'
            count -= length
            symbol = symbols[(code >>> (MAX_CODE_LENGTH - length)) - bases[length]!]!
          }
          if (symbol <= 1) {
            // Digits 1 and 2 of a number in base 2: how often the front byte comes.
            run += runBit << symbol
            runBit <<= 1
            if (run > capacity) return `a block has more than ${capacity} bytes`
            continue
          }
          if (run > 0) {
            if (run > capacity - size) return `a block has more than ${capacity} bytes`
            chain.fill(front[0]!, size, size + run)
            size += run
            run = 0
            runBit = 1
          }
          if (symbol === end) {
            return size
          }
          if (size === capacity) return `a block has more than ${capacity} bytes`
          const place = symbol - 1
          const byte = front[place]!
          if (place > 16) front.copyWithin(1, 0, place)
          else for (let index = place; index > 0; index--) front[index] = front[index - 1]!
          front[0] = byte
          chain[size++] = byte
        }
        if (at > bytes.length + 4) break
      }
      return 'a block has no end'
    } finally {
      bits.at = at
      bits.held = held
      bits.count = count
    }
  }

  /** Turns the last column into a chain: each entry's upper 24 bits say where the next byte stands. */
  #link(count: number, origin: number): void {
    const chain = this.#chain
    const starts = new Uint32Array(256)
    for (let index = 0; index < count; index++) starts[chain[index]! & 255]!++
    let sum = 0
    for (let byte = 0; byte < 256; byte++) {
      const here = starts[byte]!
      starts[byte] = sum
      sum += here
    }
    for (let index = 0; index < count; index++) {
      const place = starts[chain[index]! & 255]!++
      chain[place] = chain[place]! | (index << 8)
    }
    this.#left = count
    this.#next = chain[origin]! >>> 8
    this.#previous = -1
    this.#repeats = 0
    this.#pending = 0
  }
}

/** The bytes that occur in a block: a bit for each 16 of them, then a bit for each. */
function readUsed(bits: Bits): Uint8Array {
  const ranges = bits.read(16)
  const used: number[] = []
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue
    const values = bits.read(16)
    for (let value = 0; value < 16; value++)
      if ((values & (0x8000 >> value)) !== 0) used.push(range * 16 + value)
  }
  return Uint8Array.from(used)
}

function fault(why: string): BlockResult {
  return { kind: 'fault', why }
}
