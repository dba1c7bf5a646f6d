import { elementCount } from '../../../core/index.ts'
import { PIECE_BYTES } from '../../ports.ts'
import type { Attribute } from '../../types.ts'
import type { Storage } from '../bytes/storage.ts'
import { conversionOf } from '../element/convert.ts'
import { type Element, elementOf } from '../element/element.ts'
import { decodeValue, type Heap } from '../element/value.ts'
import { fail } from '../failures.ts'
import type { GlobalHeap } from '../heap/global.ts'
import { FREE_EXPANSION_BYTES, MAX_CHUNK_BYTES, MAX_EXPANSION } from '../limits.ts'
import { type Dataspace, readDataspace } from '../object/dataspace.ts'
import { readDatatype } from '../object/datatype.ts'
import { readFill } from '../object/fill.ts'
import { type Filter, readFilters } from '../object/filters.ts'
import { MESSAGE, messageOf, type ObjectHeader } from '../object/header.ts'
import { type Layout, readLayout } from '../object/layout.ts'
import { contentOf } from '../object/shared.ts'
import { externalFiles, type OutsideSource, virtualSources } from '../object/sources.ts'
import type { Hdf5Type } from '../object/types.ts'
import { readChunked } from './chunked.ts'
import { readContiguous } from './contiguous.ts'

/** What a dataset's header says. */
export interface DatasetInfo {
  readonly type: Hdf5Type
  readonly space: Dataspace
  readonly element: Element
  /** The dataspace's dimensions, and behind them those of an array type. Empty for a scalar. */
  readonly shape: readonly number[]
  /** Product of `shape`; 0 for the null space. */
  readonly elements: number
  readonly layout: Layout
  readonly filters: readonly Filter[]
  readonly fill: Uint8Array | undefined
  /** Other files that hold its elements; they are never opened. */
  readonly outside: readonly OutsideSource[]
}

/** Reads a dataset's header; undefined where the object is none. */
export async function readDatasetInfo(
  storage: Storage,
  heap: GlobalHeap,
  header: ObjectHeader,
): Promise<DatasetInfo | undefined> {
  const [layoutAt, typeAt, spaceAt] = [MESSAGE.layout, MESSAGE.datatype, MESSAGE.dataspace].map(type =>
    messageOf(header, type),
  )
  if (!layoutAt || !typeAt || !spaceAt) return undefined
  const type = readDatatype(await contentOf(storage, typeAt), parts => storage.keepType(parts))
  const space = readDataspace(await contentOf(storage, spaceAt))
  const layout = readLayout(await contentOf(storage, layoutAt))
  const filtersAt = messageOf(header, MESSAGE.filters)
  const filters = filtersAt ? readFilters(await contentOf(storage, filtersAt)) : []
  if (layout.kind === 'chunked' && layout.chunk.length !== space.shape.length)
    throw layoutAt.body.malformed(
      `chunks have ${layout.chunk.length} dimensions, and the dataset ${space.shape.length}`,
    )
  const element = elementOf(type)
  const shape = [...space.shape, ...element.shape]
  const elements = space.kind === 'null' ? 0 : elementCount(shape)
  if (!Number.isSafeInteger(elements * Math.max(element.bytes, element.type.size)))
    throw fail.limit(
      spaceAt.body.place,
      `a dataset of ${shape.join(' × ')} has more bytes than can be counted`,
    )
  const outside =
    layout.kind === 'virtual' ? await virtualSources(heap, layout) : await externalFiles(storage, header)
  const fill = await readFill(storage, header)
  return { type, space, element, shape, elements, layout, filters, fill, outside }
}

/** What reading elements takes besides the header. */
export interface DatasetAccess {
  readonly storage: Storage
  readonly heap: GlobalHeap
  /** For messages: `the dataset 'a/b'`. */
  readonly what: string
}

/** Elements as `info.element` says, in C order, in pieces of at most `PIECE_BYTES` unless one element is larger. */
export async function* readElements(
  info: DatasetInfo,
  access: DatasetAccess,
): AsyncGenerator<Uint8Array, void> {
  const { element } = info
  if (element.text)
    throw fail.unsupported(
      access.storage.place(0),
      `${access.what} holds ${element.dtype === 'string' ? 'text' : 'objects'}, no numbers`,
      {
        hint: 'Read it with readText.',
      },
    )
  const convert = conversionOf(element.type)
  const most = Math.floor(PIECE_BYTES / Math.max(element.bytes, element.type.size))
  for await (const stored of scalars(info, access, Math.max(1, most)))
    yield convert ? convert(stored) : stored
}

/** Elements as plain JSON values, one by one: text, lists of variable length, records that hold such. */
export async function* readValues(info: DatasetInfo, access: DatasetAccess): AsyncGenerator<Attribute, void> {
  const { type } = info.element
  const { storage } = access
  const heap: Heap = {
    global: access.heap,
    addressBytes: storage.widths.address,
    budget: { left: mostBytes(storage) },
  }
  const most = Math.max(1, Math.floor(PIECE_BYTES / 16 / type.size))
  for await (const stored of scalars(info, access, most)) {
    for (let at = 0; at < stored.byteLength; at += type.size)
      yield await decodeValue(type, stored.subarray(at, at + type.size), heap)
  }
}

const mostBytes = (storage: Storage): number =>
  Math.max(FREE_EXPANSION_BYTES, storage.source.size * MAX_EXPANSION)

/** Stored bytes of at most `most` scalars at once: elements of an array type are taken one by one. */
async function* scalars(
  info: DatasetInfo,
  access: DatasetAccess,
  most: number,
): AsyncGenerator<Uint8Array, void> {
  const size = info.element.type.size
  for await (const tile of tiles(info, access, most * size)) {
    for (let at = 0; at < tile.byteLength; at += most * size) yield tile.subarray(at, at + most * size)
  }
}

function tiles(
  info: DatasetInfo,
  { storage, what }: DatasetAccess,
  most: number,
): AsyncGenerator<Uint8Array, void> {
  const { layout, space, filters, fill, outside, type, element } = info
  const place = storage.place(layout.kind === 'compact' ? 0 : (layout.address ?? 0))
  if (outside.length > 0 || layout.kind === 'virtual') {
    throw fail.unsupported(
      place,
      `${what} lies in other files${outside[0] ? ` (${JSON.stringify(outside[0].file)})` : ''}, which are not opened`,
    )
  }
  const total = info.elements * element.type.size
  if (type.size > MAX_CHUNK_BYTES)
    throw fail.limit(place, `${what} has elements of ${type.size} bytes; ${MAX_CHUNK_BYTES} is the most`)
  if (total > mostBytes(storage))
    throw fail.limit(place, `${what} has ${total} bytes, and the whole file only ${storage.source.size}`)
  if (layout.kind === 'chunked')
    return readChunked({ storage, space, layout, filters, elementBytes: type.size, fill, what })
  return readContiguous(storage, layout, {
    total,
    elementBytes: type.size,
    most: Math.max(most, type.size),
    fill,
    what,
  })
}
