import type { Counts } from './counts.ts'
import type { Moments } from './types.ts'

const SIGN = 0x8000
/** Infinity and the NaNs begin here. */
const INFINITE = 0x7f80

export interface Histogram {
  /** One more than `counts`; the first is the least value, the last the largest. */
  readonly edges: readonly number[]
  /** Adds up to the count of finite values. */
  readonly counts: readonly number[]
}

/**
 * Equal-width bins between the least and the largest finite value, out of the buckets. A bucket that an edge cuts
 * is shared out as if its values lay evenly in it, so how many values lie below an edge e is right to within the
 * values of one bucket, which is at most |e|/128 wide. A tensor of one value gets one bin; one without finite
 * values none.
 */
export function histogramOf(moments: Moments, bins: number): Histogram {
  const { finite, min, max } = moments
  if (finite === 0) return { edges: [], counts: [] }
  const width = (max - min) / bins
  // A width under the spacing of numbers would make bins without content.
  if (!(min + width > min && max - width < max) || !Number.isFinite(width))
    return { edges: [min, max], counts: [finite] }
  const edges = Array.from({ length: bins + 1 }, (_, i) => (i === bins ? max : min + i * width))
  const below = countsBelow(moments, edges)
  const counts = edges.slice(1).map((_, i) => below[i + 1]! - below[i]!)
  return { edges, counts }
}

/** How many values lie below each edge: whole numbers, so that differences add up. */
function countsBelow({ buckets, min, max, finite }: Moments, edges: readonly number[]): number[] {
  // Nothing is below the least value.
  const below: number[] = [0]
  let next = 1
  let passed = 0
  for (const [bucket, count] of inOrder(buckets)) {
    const low = Math.max(min, Math.min(startOf(bucket), max))
    const high = Math.min(max, Math.max(endOf(bucket), min))
    for (; next < edges.length && edges[next]! < high; next++) {
      const share = edges[next]! <= low ? 0 : (edges[next]! - low) / (high - low)
      below.push(Math.round(passed + count * share))
    }
    passed += count
  }
  while (below.length < edges.length) below.push(finite)
  return below
}

/** Buckets of finite numbers, from the most negative over zero to the most positive. */
function* inOrder({ codes, counts }: Counts): Generator<readonly [bucket: number, count: number]> {
  const firstNegative = codes.findIndex(code => code >= SIGN)
  const positive = firstNegative < 0 ? codes.length : firstNegative
  for (let i = codes.length - 1; i >= positive; i--)
    if (codes[i]! < SIGN + INFINITE) yield [codes[i]!, counts[i]!]
  for (let i = 0; i < positive; i++) if (codes[i]! < INFINITE) yield [codes[i]!, counts[i]!]
}

function startOf(bucket: number): number {
  return bucket < SIGN ? edgeAt(bucket) : -edgeAt(bucket - SIGN + 1)
}

function endOf(bucket: number): number {
  return bucket < SIGN ? edgeAt(bucket + 1) : -edgeAt(bucket - SIGN)
}

const bits = new Uint32Array(1)
const single = new Float32Array(bits.buffer)

/** The magnitude at which a bucket starts; the last one ends past the largest float32. */
function edgeAt(bucket: number): number {
  if (bucket === INFINITE) return 2 ** 128
  bits[0] = bucket << 16
  return single[0]!
}
