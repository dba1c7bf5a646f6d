import { elementCount } from '../../core/index.ts'
import { placeIn } from '../bytes/ranges.ts'
import type { Placer, TensorPlace } from '../ports.ts'
import { openZip } from '../zip/archive.ts'
import { holdsObjects } from './dtype.ts'
import { checkSize } from './elements.ts'
import { type NpyHeader, readNpyHeader } from './header.ts'

/** The one array of a .npy file, whose name is not in it: `array`. */
export const placeNpy: Placer = async ({ source }) => {
  const header = await readNpyHeader(source)
  if (holdsObjects(header.type)) return []
  checkSize(source, header)
  return [placeOf('array', header, header.dataOffset)]
}

/** The arrays of a .npz file that are stored as they are (`numpy.savez`). */
export const placeNpz: Placer = async ({ source }) => {
  const archive = await openZip(source)
  const places: TensorPlace[] = []
  for (const { name, method } of archive.entries) {
    if (method !== 'stored' || !name.endsWith('.npy')) continue
    const entry = await archive.open(name)
    const header = await readNpyHeader(entry)
    if (holdsObjects(header.type)) continue
    checkSize(entry, header)
    const offset = placeIn(source, entry, header.dataOffset)
    if (offset !== undefined) places.push(placeOf(name.slice(0, -4), header, offset))
  }
  return places
}

function placeOf(name: string, { type, shape }: NpyHeader, offset: number): TensorPlace {
  return {
    name,
    dtype: type.dtype,
    shape,
    offset,
    bytes: elementCount(shape) * type.itemBytes,
    ...(type.swapBytes && { bigEndian: true }),
  }
}
