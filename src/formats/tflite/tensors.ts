import { elementCount } from '../../core/index.ts'
import type { Flatbuffer, Table } from '../flatbuffers/reader.ts'
import type { TensorDtype, TensorQuantization } from '../types.ts'
import type { BufferRange } from './buffers.ts'
import { fail, MAX_RANK } from './limits.ts'
import { readQuantization } from './quantization.ts'
import { readSparsity, type Sparsity } from './sparsity.ts'

/** TensorType, by number, with the bits of one element. */
const TYPES: readonly { readonly dtype: TensorDtype; readonly bits?: number }[] = [
  { dtype: 'float32', bits: 32 },
  { dtype: 'float16', bits: 16 },
  { dtype: 'int32', bits: 32 },
  { dtype: 'uint8', bits: 8 },
  { dtype: 'int64', bits: 64 },
  { dtype: 'string' },
  { dtype: 'bool', bits: 8 },
  { dtype: 'int16', bits: 16 },
  { dtype: 'complex64', bits: 64 },
  { dtype: 'int8', bits: 8 },
  { dtype: 'float64', bits: 64 },
  { dtype: 'complex128', bits: 128 },
  { dtype: 'uint64', bits: 64 },
  { dtype: 'object' },
  { dtype: 'object' },
  { dtype: 'uint32', bits: 32 },
  { dtype: 'uint16', bits: 16 },
  { dtype: 'int4', bits: 4 },
  { dtype: 'bfloat16', bits: 16 },
  { dtype: 'int2', bits: 2 },
  { dtype: 'uint4', bits: 4 },
]

/** A tensor of a subgraph: a constant where it has bytes, else what is computed. */
export interface LiteTensor {
  readonly name: string
  readonly dtype: TensorDtype
  /** Bits of one element; absent for text and resources. */
  readonly bits?: number
  readonly shape: readonly number[]
  /** With null for sizes that are free. */
  readonly declaredShape: readonly (number | null)[]
  readonly elements: number
  readonly data: BufferRange | undefined
  readonly quantization?: TensorQuantization
  readonly variable: boolean
  /** Where only the elements that are not zero are stored. */
  readonly sparsity?: Sparsity
}

/**
 * A Tensor: 0 shape, 1 type, 2 buffer, 3 name, 4 quantization, 5 is_variable, 6 sparsity, 7 shape_signature.
 * A constant's bytes are held against its shape.
 */
export async function readTensor(
  buffer: Flatbuffer,
  table: Table,
  index: number,
  buffers: readonly BufferRange[],
): Promise<LiteTensor> {
  const name = (await buffer.text(table, 3)) || `tensor ${index}`
  const place = { name: `${buffer.source.name}, tensor '${name}'`, offset: table.at }
  const number = await buffer.scalar(table, 1, 'int8')
  const type = TYPES[number] ?? { dtype: 'unknown' as const }
  const shape = (await buffer.int32s(table, 0)) ?? []
  if (shape.length > MAX_RANK) throw fail.limit(place, `more than ${MAX_RANK} dimensions`)
  const signature = await buffer.int32s(table, 7)
  const held = await buffer.scalar(table, 2, 'uint32')
  const range = buffers[held]
  if (!range) throw fail.malformed(place, `its bytes are in buffer ${held} of ${buffers.length}`)
  const data = range.end > range.start ? range : undefined
  const sparsity = await readSparsity(buffer, table)
  const quantization = await readQuantization(buffer, table)
  const tensor = {
    name,
    ...type,
    shape,
    declaredShape: (signature && signature.length === shape.length ? signature : shape).map(size =>
      size < 0 ? null : size,
    ),
    elements: elementCount(shape),
    data,
    ...(quantization && { quantization }),
    variable: (await buffer.scalar(table, 5, 'uint8')) !== 0,
    ...(sparsity && { sparsity }),
  }
  if (data) checkConstant(tensor, data, place)
  return tensor
}

function checkConstant(
  { shape, elements, bits, sparsity }: LiteTensor,
  { start, end }: BufferRange,
  place: { name: string; offset: number },
): void {
  if (shape.some(size => size < 0) || !Number.isSafeInteger(elements * 16))
    throw fail.malformed(place, `a constant can't have the shape [${shape.slice(0, 8).join(', ')}]`)
  if (bits === undefined || sparsity) return
  const expected = bytesOf(elements, bits)
  if (end - start !== expected)
    throw fail.malformed(
      place,
      `its shape [${shape.slice(0, 8).join(', ')}] takes ${expected} bytes, and it has ${end - start}`,
    )
}

/** Types below a byte are packed. */
export function bytesOf(elements: number, bits: number): number {
  return Math.ceil((elements * bits) / 8)
}
