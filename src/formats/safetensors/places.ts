import type { Placer } from '../ports.ts'
import { readHeader } from './header.ts'

/** One right behind the other, as the header says. The index of a sharded model has none: its shards tell their own. */
export const placeSafetensors: Placer = async ({ source }) => {
  const { tensors } = await readHeader(source)
  return tensors.map(({ name, dtype, shape, offset, bytes }) => ({
    name,
    dtype: dtype.dtype,
    shape,
    offset,
    bytes,
  }))
}
