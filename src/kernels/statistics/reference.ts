import { decodeStored } from '../decode.ts'
import { BLOCK } from '../layout.ts'
import { Sums } from './sums.ts'
import type { KernelDtype, Moments, StatisticsAccumulator } from './types.ts'

/** Past the largest float32, the last bucket of finite numbers takes them. */
const LAST_FINITE = 0x7f7f
const SIGN = 0x8000

/**
 * The statistics in plain TypeScript: what the WASM kernels are compared with, to the bit, since both add in the
 * same order (four lanes, element i in lane i mod 4). Takes float64 as well, which they do not.
 */
export class ReferenceStatistics implements StatisticsAccumulator {
  #sums: Sums = new Sums()
  readonly #block: Float64Array = new Float64Array(BLOCK)
  #held = 0

  addStored(bytes: Uint8Array, dtype: KernelDtype): void {
    this.add(decodeStored(bytes, dtype))
  }

  add(values: Float32Array | Float64Array): void {
    for (let done = 0; done < values.length; ) {
      const part = Math.min(values.length - done, BLOCK - this.#held)
      this.#block.set(values.subarray(done, done + part), this.#held)
      this.#held += part
      done += part
      if (this.#held === BLOCK) this.#flush()
    }
  }

  finish(): Moments {
    this.#flush()
    const moments = this.#sums.moments()
    this.#sums = new Sums()
    return moments
  }

  #flush(): void {
    const count = this.#held
    this.#held = 0
    addBlock(this.#sums, this.#block, count)
  }
}

function addBlock(sums: Sums, block: Float64Array, count: number): void {
  let first = 0
  while (first < count && !Number.isFinite(block[first]!)) first++
  const shift = block[first]!
  const { buckets } = sums
  // By lane: sums and sums of squares about the shift.
  const lanes = new Float64Array(8)
  let finite = 0
  let zeros = 0
  let { min, max } = sums
  for (let i = 0; i < count; i++) {
    const value = block[i]!
    if (!Number.isFinite(value)) {
      sums.countNonFinite(value)
      continue
    }
    finite++
    if (value === 0) zeros++
    if (value < min) min = value
    if (value > max) max = value
    buckets[bucketOf(value)]!++
    const distance = value - shift
    const lane = i & 3
    lanes[lane]! += distance
    lanes[lane + 4]! += distance * distance
  }
  sums.zeros += zeros
  sums.min = min
  sums.max = max
  if (finite > 0) sums.merge(finite, shift, total(lanes, 0), total(lanes, 4))
}

function total(lanes: Float64Array, at: number): number {
  return lanes[at]! + lanes[at + 1]! + (lanes[at + 2]! + lanes[at + 3]!)
}

const single = new Float32Array(1)
const bits = new Uint32Array(single.buffer)

function bucketOf(value: number): number {
  single[0] = value
  const bucket = bits[0]! >>> 16
  return (bucket & ~SIGN) > LAST_FINITE ? (bucket & SIGN) | LAST_FINITE : bucket
}
