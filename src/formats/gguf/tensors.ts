import { elementCount } from '../../core/index.ts'
import type { TensorDtype } from '../types.ts'
import { bytesOf, layoutOf } from '../values/index.ts'
import type { Cursor } from './cursor.ts'
import { ggmlType } from './ggml-types.ts'
import { fail, MAX_DIMENSIONS, MAX_NAME_BYTES } from './limits.ts'
import { readName } from './names.ts'

/** A tensor's entry in the header. */
export interface TensorEntry {
  readonly name: string
  /** ggml's name of the type. */
  readonly type: string
  readonly dtype: TensorDtype
  /** In numpy's order, slowest axis first: the file has them the other way round. */
  readonly shape: readonly number[]
  readonly elements: number
  /** Undefined for types that are not known here. */
  readonly bytes: number | undefined
  /** From the start of the data. */
  readonly offset: number
  /** Where the entry lies, for messages. */
  readonly at: number
}

/** A tensor whose place in the file is checked. */
export interface Located extends Omit<TensorEntry, 'offset' | 'at' | 'bytes'> {
  /** From the start of the file. */
  readonly offset: number
  readonly bytes: number
}

/** gguf_tensor_info_t: name, dimensions (fastest first), type, offset. */
export async function readInfo(cursor: Cursor): Promise<TensorEntry> {
  const at = cursor.offset
  const place = { name: cursor.name, offset: at }
  const name = await readName(cursor, 'the name of a tensor', MAX_NAME_BYTES)
  const rank = await cursor.uint32('the number of dimensions')
  if (rank > MAX_DIMENSIONS)
    throw fail.limit(place, `the tensor '${name}' has ${rank} dimensions; the limit is ${MAX_DIMENSIONS}`)
  const dimensions: number[] = []
  while (dimensions.length < rank) dimensions.push(await cursor.size(`a dimension of '${name}'`))
  const { name: type, dtype } = ggmlType(await cursor.uint32('the type of a tensor'))
  const offset = await cursor.size(`the offset of '${name}'`)
  const shape = dimensions.toReversed()
  const elements = elementCount(shape)
  const bytes = bytesOf(dtype, elements)
  if (!Number.isSafeInteger(elements) || bytes === Number.POSITIVE_INFINITY)
    throw fail.malformed(place, `the tensor '${name}' of [${shape.join(', ')}] is larger than any file`)
  const block = layoutOf(dtype)?.elementsPerBlock ?? 1
  const row = dimensions[0] ?? 1
  if (row % block !== 0) {
    throw fail.malformed(
      place,
      `the rows of the tensor '${name}' have ${row} elements; ${type} has blocks of ${block}`,
    )
  }
  return { name, type, dtype, shape, elements, bytes, offset, at }
}
