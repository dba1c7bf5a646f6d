import { STORED_BYTES } from '../decode.ts'
import { BLOCK, BUCKETS, REST_AT, ROOM_AT, ROOM_BYTES, STATE } from '../layout.ts'
import type { Kernels } from '../module.ts'
import { addTo, type Counts, countsIn } from './counts.ts'
import { momentsOf } from './sums.ts'
import { type Counter, KERNEL_BLOCKS, type KernelBlock, type Moments, type WideDtype } from './types.ts'

/** The kernels count in 32 bits: their buckets are emptied before one could overflow. */
const MAX_COUNTED: number = 2 ** 31

/** Counts by WASM SIMD: the same results as `PlainCounter`, to the bit. */
export class WasmCounter implements Counter {
  /** In the kernels' memory. */
  readonly room: Uint8Array
  readonly #kernels: Kernels
  readonly #maxCounted: number
  /** All of the kernels' memory. */
  readonly #memory: Uint8Array
  readonly #state: Float64Array
  /** Counts from before the kernels' own would have overflowed. */
  #earlier: Float64Array | undefined
  #counted = 0
  /** Elements of a block that is not full yet. */
  #held = 0
  #dtype: WideDtype = 'float32'

  constructor(kernels: Kernels, maxCounted: number = MAX_COUNTED) {
    this.#maxCounted = maxCounted
    const { buffer } = kernels.memory
    this.#kernels = kernels
    this.#memory = new Uint8Array(buffer)
    this.room = new Uint8Array(buffer, ROOM_AT, ROOM_BYTES)
    this.#state = new Float64Array(buffer, STATE, 10)
    kernels.reset()
  }

  addWide(bytes: Uint8Array, dtype: WideDtype): void {
    this.#dtype = dtype
    const size = STORED_BYTES[dtype]
    for (const { at, length } of this.#places(bytes)) {
      const filled = this.#fillRest(at, length / size, size)
      const count = length / size - filled
      const rest = count % BLOCK
      if (count > rest) this.#run(dtype, at + filled * size, count - rest)
      if (rest > 0) {
        const from = at + length - rest * size
        this.#memory.copyWithin(REST_AT, from, from + rest * size)
        this.#held = rest
      }
      this.#relieve()
    }
  }

  addBlocks(bytes: Uint8Array, dtype: KernelBlock): void {
    this.#dtype = 'float32'
    const size = KERNEL_BLOCKS[dtype].bytes
    for (const { at, length } of this.#places(bytes, size)) {
      const count = length / size
      this.#held = this.#kernels[dtype](at, count, this.#held)
      this.#counted += count * KERNEL_BLOCKS[dtype].elements
      this.#relieve()
    }
  }

  addPairs(bytes: Uint8Array): void {
    for (const { at, length } of this.#places(bytes)) {
      this.#run('codes', at, length / 2)
      this.#relieve()
    }
  }

  takeMoments(): Moments {
    if (this.#held > 0) this.#run(this.#dtype, REST_AT, this.#held)
    this.#held = 0
    const [finite = 0, mean = 0, squares = 0, min = 0, max = 0, zeros = 0, ...others] = this.#state
    const [nans = 0, positiveInfinities = 0, negativeInfinities = 0, origin = 0] = others
    const nonFinite = { nans, positiveInfinities, negativeInfinities }
    const sums = { finite, origin, mean, squares, min, max, zeros, ...nonFinite }
    return momentsOf(sums, this.takeCounts())
  }

  takeCounts(): Counts {
    const last = this.#emptied()
    this.#kernels.reset()
    if (!this.#earlier) return last
    addTo(this.#earlier, last)
    const all = countsIn(this.#earlier)
    this.#earlier = undefined
    return all
  }

  /** Where in the kernels' memory the bytes lie, part by part of whole units: where they are already, or in `room`. */
  *#places(bytes: Uint8Array, unit = 8): Generator<{ readonly at: number; readonly length: number }> {
    if (bytes.buffer === this.#memory.buffer) {
      yield { at: bytes.byteOffset, length: bytes.byteLength }
      return
    }
    const step = ROOM_BYTES - (ROOM_BYTES % unit)
    for (let done = 0; done < bytes.byteLength; done += step) {
      const part = bytes.subarray(done, done + step)
      this.room.set(part)
      yield { at: ROOM_AT, length: part.byteLength }
    }
  }

  /** Fills up the block that is held with elements at a place, and counts it once full; gives how many it took. */
  #fillRest(at: number, count: number, size: number): number {
    if (this.#held === 0) return 0
    const filled = Math.min(count, BLOCK - this.#held)
    this.#memory.copyWithin(REST_AT + this.#held * size, at, at + filled * size)
    this.#held += filled
    if (this.#held === BLOCK) {
      this.#run(this.#dtype, REST_AT, BLOCK)
      this.#held = 0
    }
    return filled
  }

  #run(kernel: WideDtype | 'codes', at: number, count: number): void {
    this.#kernels[kernel](at, count)
    this.#counted += count
  }

  /** Not while there is something in `room`: the counts come through it. */
  #relieve(): void {
    if (this.#counted < this.#maxCounted) return
    this.#earlier ??= new Float64Array(BUCKETS)
    addTo(this.#earlier, this.#emptied())
  }

  /** What the kernels have counted; they begin anew. */
  #emptied(): Counts {
    this.#counted = 0
    const length = this.#kernels.takeCounts(ROOM_AT)
    const both = new Uint32Array(this.#memory.buffer, ROOM_AT, 2 * length)
    return {
      codes: Uint16Array.from({ length }, (_, i) => both[2 * i]!),
      counts: Float64Array.from({ length }, (_, i) => both[2 * i + 1]!),
    }
  }
}
