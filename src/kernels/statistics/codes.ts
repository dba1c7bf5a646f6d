import { bfloat16ToFloat32, float16ToFloat32 } from '../decode.ts'
import { type Counts, countsIn, Tally } from './counts.ts'
import { Sums } from './sums.ts'
import type { CodeDtype, Codes, Moments } from './types.ts'

const cache = new Map<CodeDtype, Codes>()

/** What the codes of a plain type stand for. */
export function codesOf(dtype: CodeDtype): Codes {
  const known = cache.get(dtype)
  if (known) return known
  const codes = CODES[dtype]()
  cache.set(dtype, codes)
  return codes
}

const every = (): Uint16Array => Uint16Array.from({ length: 65_536 }, (_, code) => code)

const CODES: Readonly<Record<CodeDtype, () => Codes>> = {
  float16: () => ({ bytes: 2, numbers: float16ToFloat32(every()) }),
  bfloat16: () => ({ bytes: 2, numbers: bfloat16ToFloat32(every()) }),
  int16: () => ({ bytes: 2, numbers: new Float32Array(Int16Array.from(every())) }),
  uint16: () => ({ bytes: 2, numbers: new Float32Array(every()) }),
  int8: () => ({ bytes: 1, numbers: Float32Array.from({ length: 256 }, (_, code) => (code << 24) >> 24) }),
  uint8: () => ({ bytes: 1, numbers: Float32Array.from({ length: 256 }, (_, code) => code) }),
}

/** How often each byte occurs, from how often each pair of bytes does, and from bytes that had no partner. */
export function bytesOfPairs({ codes, counts }: Counts, singles: Float64Array): Counts {
  const table = singles.slice()
  for (let i = 0; i < codes.length; i++) {
    table[codes[i]! & 255]! += counts[i]!
    table[codes[i]! >> 8]! += counts[i]!
  }
  return countsIn(table)
}

/**
 * The moments of numbers by how often each code occurs. Sums of integers are exact. The second pass takes deviations
 * from the mean of the first, and takes out what rounding left in that mean: Chan, Golub and LeVeque 1983, "Algorithms
 * for computing the sample variance", (1.7).
 */
export function momentsOfCodes({ codes, counts }: Counts, { bytes, numbers }: Codes): Moments {
  const each = numbers.length / (bytes === 1 ? 256 : 65_536)
  const sums = new Sums()
  const { finite, sum } = firstPass(sums, codes, counts, numbers, each)
  const mean = sum / finite
  let squares = 0
  let rest = 0
  for (let i = 0; i < codes.length; i++) {
    const count = counts[i]!
    for (let at = codes[i]! * each, j = 0; j < each; at++, j++) {
      const value = numbers[at]!
      if (!Number.isFinite(value)) continue
      const distance = value - mean
      rest += count * distance
      squares += count * distance * distance
    }
  }
  if (finite > 0) sums.mergeMoments(finite, mean, Math.max(0, squares - (rest * rest) / finite))
  return sums.moments(buckets.take())
}

/** Where numbers are sorted into buckets. */
const buckets = new Tally()

function firstPass(
  sums: Sums,
  codes: Uint16Array,
  counts: Float64Array,
  numbers: Float32Array,
  each: number,
): { readonly finite: number; readonly sum: number } {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
  let finite = 0
  let sum = 0
  for (let i = 0; i < codes.length; i++) {
    const count = counts[i]!
    for (let at = codes[i]! * each, j = 0; j < each; at++, j++) {
      const value = numbers[at]!
      if (!Number.isFinite(value)) {
        sums.countNonFinite(value, count)
        continue
      }
      finite += count
      sum += count * value
      if (value === 0) sums.zeros += count
      if (value < sums.min) sums.min = value
      if (value > sums.max) sums.max = value
      buckets.add(bits[at]! >>> 16, count)
    }
  }
  return { finite, sum }
}
