import { decodeWide } from '../decode.ts'
import { BLOCK, BUCKETS } from '../layout.ts'
import { type Counts, countsIn } from './counts.ts'
import { Sums } from './sums.ts'
import type { Counter, Moments, WideDtype } from './types.ts'

/** Past the largest float32, the last bucket of finite numbers takes them. */
const LAST_FINITE = 0x7f7f
const SIGN = 0x8000

/**
 * Counts in plain TypeScript: what the WASM kernels are compared with, to the bit, since both add in the same order
 * (four lanes, element i in lane i mod 4).
 */
export class PlainCounter implements Counter {
  #sums: Sums = new Sums()
  /** Buckets of wide numbers, or codes. */
  readonly #counts: Float64Array = new Float64Array(BUCKETS)
  readonly #block: Float64Array = new Float64Array(BLOCK)
  #held = 0

  addWide(bytes: Uint8Array, dtype: WideDtype): void {
    const values = decodeWide(bytes, dtype)
    for (let done = 0; done < values.length; ) {
      const part = Math.min(values.length - done, BLOCK - this.#held)
      this.#block.set(values.subarray(done, done + part), this.#held)
      this.#held += part
      done += part
      if (this.#held === BLOCK) this.#flush()
    }
  }

  addPairs(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i += 2) this.#counts[bytes[i]! | (bytes[i + 1]! << 8)]!++
  }

  takeMoments(): Moments {
    this.#flush()
    const moments = this.#sums.moments(this.takeCounts())
    this.#sums = new Sums()
    return moments
  }

  takeCounts(): Counts {
    const counts = countsIn(this.#counts)
    this.#counts.fill(0)
    return counts
  }

  #flush(): void {
    const count = this.#held
    this.#held = 0
    addBlock(this.#sums, this.#counts, this.#block, count)
  }
}

function addBlock(sums: Sums, buckets: Float64Array, block: Float64Array, count: number): void {
  let first = 0
  while (first < count && !Number.isFinite(block[first]!)) first++
  const shift = block[first]!
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
