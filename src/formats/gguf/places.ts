import type { Placer } from '../ports.ts'
import { readHeader } from './header.ts'

/** Of a part of a split model its own tensors: each part has a header. */
export const placeGguf: Placer = async ({ source }) => {
  const { tensors, littleEndian } = await readHeader(source)
  return tensors.map(({ name, dtype, shape, offset, bytes }) => ({
    name,
    dtype,
    shape,
    offset,
    bytes,
    ...(!littleEndian && { bigEndian: true }),
  }))
}
