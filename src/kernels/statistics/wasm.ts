import { STORED_BYTES } from '../decode.ts'
import { BUCKETS, BUCKETS_AT, CAPACITY, STATE, STORED_AT, VALUES_AT } from '../layout.ts'
import type { Kernels } from '../module.ts'
import { momentsOf } from './sums.ts'
import type { KernelDtype, Moments, StatisticsAccumulator } from './types.ts'

/** The kernels count in 32 bits: their buckets are emptied before one could overflow. */
const MAX_COUNTED: number = 2 ** 31

/** The statistics by WASM SIMD: the same results as `ReferenceStatistics`, to the bit. */
export class WasmStatistics implements StatisticsAccumulator {
  readonly #kernels: Kernels
  readonly #maxCounted: number
  readonly #values: Float32Array
  readonly #stored: Uint8Array
  readonly #state: Float64Array
  #buckets: Float64Array = new Float64Array(BUCKETS)
  #held = 0
  #counted = 0

  constructor(kernels: Kernels, maxCounted: number = MAX_COUNTED) {
    this.#maxCounted = maxCounted
    const { buffer } = kernels.memory
    this.#kernels = kernels
    this.#values = new Float32Array(buffer, VALUES_AT, CAPACITY)
    this.#stored = new Uint8Array(buffer, STORED_AT, CAPACITY * 2)
    this.#state = new Float64Array(buffer, STATE, 10)
    kernels.reset()
  }

  addStored(bytes: Uint8Array, dtype: KernelDtype): void {
    const size = STORED_BYTES[dtype]
    const count = Math.floor(bytes.byteLength / size)
    for (let done = 0; done < count; ) {
      const part = Math.min(count - done, CAPACITY - this.#held)
      const stored = bytes.subarray(done * size, (done + part) * size)
      if (dtype === 'float32') new Uint8Array(this.#values.buffer).set(stored, VALUES_AT + this.#held * 4)
      else {
        this.#stored.set(stored)
        this.#kernels[dtype](part, this.#held)
      }
      this.#took(part)
      done += part
    }
  }

  add(values: Float32Array): void {
    for (let done = 0; done < values.length; ) {
      const part = Math.min(values.length - done, CAPACITY - this.#held)
      this.#values.set(values.subarray(done, done + part), this.#held)
      this.#took(part)
      done += part
    }
  }

  finish(): Moments {
    this.#run()
    this.#emptyBuckets()
    const [finite = 0, mean = 0, squares = 0, min = 0, max = 0, zeros = 0, ...others] = this.#state
    const [nans = 0, positiveInfinities = 0, negativeInfinities = 0, origin = 0] = others
    const nonFinite = { nans, positiveInfinities, negativeInfinities }
    const sums = { finite, origin, mean, squares, min, max, zeros, ...nonFinite }
    const moments = momentsOf({ ...sums, buckets: this.#buckets })
    this.#buckets = new Float64Array(BUCKETS)
    this.#kernels.reset()
    return moments
  }

  #took(part: number): void {
    this.#held += part
    if (this.#held === CAPACITY) this.#run()
  }

  #run(): void {
    this.#kernels.accumulate(this.#held)
    this.#counted += this.#held
    this.#held = 0
    if (this.#counted >= this.#maxCounted) {
      this.#emptyBuckets()
      new Uint8Array(this.#values.buffer, BUCKETS_AT, BUCKETS * 8).fill(0)
    }
  }

  #emptyBuckets(): void {
    this.#counted = 0
    this.#kernels.mergeBuckets()
    const counts = new Uint32Array(this.#values.buffer, BUCKETS_AT, BUCKETS)
    for (let i = 0; i < BUCKETS; i++) this.#buckets[i]! += counts[i]!
  }
}
