import type { Placer } from '../ports.ts'
import { readInventory } from './model/open.ts'
import { byteLengthOf, offsetOf } from './numpy/read.ts'

/** numpy's arrays in plain pickles (protocol 3 and later) and behind joblib's wrappers. */
export const placePickle: Placer = async ({ source }) => {
  const { inventory } = await readInventory(source, [])
  return inventory.arrays.flatMap(({ name, array }) => {
    const offset = offsetOf(array)
    if (offset === undefined || array.dtype.objects) return []
    const { dtype, swaps } = array.dtype
    const bytes = byteLengthOf(array)
    return [{ name, dtype, shape: array.shape, offset, bytes, ...(swaps.length > 0 && { bigEndian: true }) }]
  })
}
