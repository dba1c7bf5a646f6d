import type { FloatWindows, Windows } from './types.ts'

/** Bits of a weight's lower part, as in ../assembly/images/sums.ts. */
const LOW_BITS = 11
const MAX_WEIGHT: number = 2 ** (15 + LOW_BITS)

/** How a kernel takes weights: in groups of so many inputs, whose upper parts come first, or by pairs. */
export const GROUPINGS = { columns3: 4, columns1: 8, rows: 2 } as const
export type Grouping = keyof typeof GROUPINGS

/** Windows as the kernels take them. */
export interface Packed {
  /** By output: its first input, and how many groups it takes. */
  readonly places: Int32Array
  /** By output: where its weights begin, and where the last ones end. */
  readonly offsets: Int32Array
  readonly weights: Int16Array
}

const packed = new WeakMap<Windows, Map<Grouping, Packed | undefined>>()

/** Undefined for weights that are too large for products of 16 bits. */
export function pack(windows: Windows, grouping: Grouping): Packed | undefined {
  const known = packed.get(windows) ?? new Map<Grouping, Packed | undefined>()
  packed.set(windows, known)
  if (!known.has(grouping)) known.set(grouping, packAs(windows, GROUPINGS[grouping]))
  return known.get(grouping)
}

function packAs({ to, starts, lengths, stride, weights }: Windows, size: number): Packed | undefined {
  if (weights.some(weight => Math.abs(weight) >= MAX_WEIGHT)) return undefined
  const places = new Int32Array(2 * to)
  const offsets = new Int32Array(to + 1)
  for (let place = 0; place < to; place++) {
    const groups = Math.ceil(lengths[place]! / size)
    places.set([starts[place]!, groups], 2 * place)
    offsets[place + 1] = offsets[place]! + groups * size * 2
  }
  const made = new Int16Array(offsets[to]!)
  for (let place = 0; place < to; place++) {
    for (let k = 0; k < lengths[place]!; k++) {
      const weight = weights[place * stride + k]!
      const at = offsets[place]! + Math.floor(k / size) * size * 2 + (k % size)
      made[at] = weight >> LOW_BITS
      made[at + size] = weight & (2 ** LOW_BITS - 1)
    }
  }
  return { places, offsets, weights: made }
}

/** Windows of float32 weights as the kernels take them: one behind the other. */
export interface PackedFloats extends Omit<Packed, 'weights'> {
  readonly weights: Float32Array
}

const packedFloats = new WeakMap<FloatWindows, PackedFloats>()

export function packFloats(windows: FloatWindows): PackedFloats {
  const known = packedFloats.get(windows)
  if (known) return known
  const { to, starts, lengths, stride, weights } = windows
  const places = new Int32Array(2 * to)
  const offsets = new Int32Array(to + 1)
  for (let place = 0; place < to; place++) {
    places.set([starts[place]!, lengths[place]!], 2 * place)
    offsets[place + 1] = offsets[place]! + lengths[place]!
  }
  const made = new Float32Array(offsets[to]!)
  for (let place = 0; place < to; place++) {
    made.set(weights.subarray(place * stride, place * stride + lengths[place]!), offsets[place]!)
  }
  const packed = { places, offsets, weights: made }
  packedFloats.set(windows, packed)
  return packed
}
