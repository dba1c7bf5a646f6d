import type { Place } from '../errors.ts'
import { fail } from './limits.ts'
import type { Level, Sparsity } from './sparsity.ts'

/** A sparse tensor is made whole in memory. Those of mobile models have some megabytes. */
export const MAX_DENSE_BYTES: number = 64 * 1024 * 1024

/**
 * The whole tensor, with zeros where nothing is stored. Walks the levels one by one (the format of TACO,
 * tensorflow/lite/kernels/internal/utils/sparsity_format_converter.cc), keeping for each place its offset.
 */
export function densify(
  stored: Uint8Array,
  { order, blockMap, levels }: Sparsity,
  shape: readonly number[],
  itemBytes: number,
  place: Place,
): Uint8Array {
  const elements = shape.reduce((product, size) => product * size, 1)
  if (elements * itemBytes > MAX_DENSE_BYTES)
    throw fail.limit(place, `a sparse tensor of ${elements} elements; the limit is ${MAX_DENSE_BYTES} bytes`)
  if (order.length !== levels.length || order.length !== shape.length + blockMap.length)
    throw fail.malformed(place, 'its sparsity has other axes than its shape')
  const { counts, strides } = axesOf(order, blockMap, levels, shape, place)
  let places: readonly number[] = [0]
  for (const [i, level] of levels.entries()) {
    const [count, stride] = [counts[order[i]!], strides[order[i]!]]
    if (count === undefined || stride === undefined)
      throw fail.malformed(place, `its sparsity names axis ${order[i]}`)
    places = below(places, level, count, stride, elements, place)
  }
  if (places.length * itemBytes !== stored.length)
    throw fail.malformed(
      place,
      `${places.length} elements should be stored, and there are ${stored.length} bytes`,
    )
  const out = new Uint8Array(elements * itemBytes)
  for (const [i, offset] of places.entries())
    out.set(stored.subarray(i * itemBytes, (i + 1) * itemBytes), offset * itemBytes)
  return out
}

/** How many indices each axis has, and how far apart they are: blocks for the tensor's axes, elements in blocks. */
function axesOf(
  order: readonly number[],
  blockMap: readonly number[],
  levels: readonly Level[],
  shape: readonly number[],
  place: Place,
): { counts: number[]; strides: number[] } {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))
  const counts = [...shape]
  for (const [block, axis] of blockMap.entries()) {
    const level = levels[order.indexOf(shape.length + block)]
    const size = level?.kind === 'dense' ? level.size : 0
    const whole = counts[axis]
    if (size < 1 || whole === undefined || axis >= shape.length || whole % size !== 0)
      throw fail.malformed(place, `its axis ${axis} can't be cut into blocks of ${size}`)
    counts.push(size)
    strides.push(strides[axis]!)
    counts[axis] = whole / size
    strides[axis] = strides[axis]! * size
  }
  if (new Set(order).size !== order.length) throw fail.malformed(place, 'its sparsity names an axis twice')
  return { counts, strides }
}

function below(
  places: readonly number[],
  level: Level,
  count: number,
  stride: number,
  elements: number,
  place: Place,
): number[] {
  const next: number[] = []
  if (level.kind === 'dense') {
    if (level.size !== count || places.length * count > elements)
      throw fail.malformed(place, `an axis of ${count} is said to have ${level.size}`)
    for (const offset of places) for (let i = 0; i < count; i++) next.push(offset + i * stride)
    return next
  }
  for (const [i, offset] of places.entries()) {
    const [start, end] = [level.segments[i], level.segments[i + 1]]
    if (
      start === undefined ||
      end === undefined ||
      start !== next.length ||
      end < start ||
      end > level.indices.length
    )
      throw fail.malformed(place, 'the segments of a sparse axis are out of order')
    for (let at = start; at < end; at++) {
      const index = level.indices[at]!
      if (index < 0 || index >= count) throw fail.malformed(place, `index ${index} on an axis of ${count}`)
      next.push(offset + index * stride)
    }
  }
  return next
}
