import type { TensorInfo } from '../types.ts'
import type { DatasetInfo } from './data/dataset.ts'
import type { Hdf5Dataset } from './open.ts'

/** A dataset as a tensor, named by its path. */
export function tensorOf({ path, info }: Hdf5Dataset): TensorInfo {
  const { element, elements, shape } = info
  const stored = [...element.stored, ...storageOf(info)]
  const itemBytes = element.dtype === 'record' || element.dtype === 'opaque' || element.dtype === 'unknown'
  const fixedText = element.type.class === 'string'
  return {
    name: path,
    dtype: element.dtype,
    shape,
    elements,
    ...(!element.text && { bytes: elements * element.bytes }),
    ...(stored.length > 0 && { stored }),
    ...(element.fields && { fields: element.fields }),
    ...((itemBytes || fixedText) && { itemBytes: element.bytes }),
  }
}

function storageOf({ layout, filters, outside, space }: DatasetInfo): string[] {
  const words: string[] = []
  if (space.kind === 'null') words.push('empty')
  if (layout.kind === 'chunked') words.push(`chunks of ${layout.chunk.join('×')}`)
  if (layout.kind === 'virtual') words.push('virtual')
  else if (outside.length > 0) words.push('external')
  return [...words, ...filters.map(filter => filter.name)]
}
