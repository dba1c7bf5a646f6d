import { elementCount } from '../../core/index.ts'
import { writePieces } from '../bytes/write-pieces.ts'
import type { ByteSink } from '../ports.ts'
import type { TensorDtype } from '../types.ts'
import { bytesOf, layoutOf } from '../values/index.ts'
import { HeaderBytes } from './encode.ts'
import { storedAs } from './ggml-types.ts'
import { fail, MAX_DIMENSIONS, MAX_KEY_BYTES, MAX_NAME_BYTES } from './limits.ts'
import type { NumberType } from './values.ts'

/** A metadata value with its type in the file. 64-bit integers may be bigints. */
export type GgufValueToWrite =
  | { readonly type: NumberType; readonly value: number | bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'array'; readonly items: NumberType; readonly value: readonly (number | bigint)[] }
  | { readonly type: 'array'; readonly items: 'bool'; readonly value: readonly boolean[] }
  | { readonly type: 'array'; readonly items: 'string'; readonly value: readonly string[] }

/** A tensor that is written: its elements (or whole blocks) little-endian, in C order, whole or in pieces. */
export interface GgufTensorToWrite {
  readonly name: string
  readonly dtype: TensorDtype
  /** In numpy's order. */
  readonly shape: readonly number[]
  readonly data: Uint8Array | AsyncIterable<Uint8Array>
}

interface Prepared extends GgufTensorToWrite {
  readonly type: number
  readonly bytes: number
}

const VERSION = 3
const DEFAULT_ALIGNMENT = 32

/**
 * Writes a GGUF file of version 3, little-endian, in the order of what is given. `general.architecture` should be in
 * the metadata, and `general.alignment` may be: tensors begin at its multiples, else at those of 32. Data streams
 * through. Throws FORMAT_UNSUPPORTED for a dtype that ggml lacks, FORMAT_MALFORMED for a name twice, rows that are no
 * whole blocks, numbers out of their type's range, and data that is not as long as dtype and shape say (when it has
 * already been written in part).
 */
export async function writeGguf(
  tensors: Iterable<GgufTensorToWrite>,
  sink: ByteSink,
  metadata: ReadonlyMap<string, GgufValueToWrite>,
): Promise<void> {
  const prepared = Array.from(tensors, prepare)
  const alignment = alignmentOf(metadata)
  const header = headerOf(prepared, metadata, alignment)
  await sink.write(header)
  await pad(sink, header.byteLength, alignment)
  for (const tensor of prepared) {
    await writePieces(tensor, sink, fail)
    await pad(sink, tensor.bytes, alignment)
  }
}

function prepare(tensor: GgufTensorToWrite): Prepared {
  const { name, dtype, shape } = tensor
  const place = { name: `the tensor '${name}'` }
  const stored = storedAs(dtype)
  if (!stored) throw fail.unsupported(place, `ggml has no type for ${dtype}`)
  const bytes = bytesOf(dtype, elementCount(shape)) ?? Number.NaN
  const sane = shape.every(size => Number.isSafeInteger(size) && size >= 0)
  if (!sane || shape.length > MAX_DIMENSIONS || !Number.isSafeInteger(bytes))
    throw fail.malformed(place, `[${shape.join(', ')}] is no shape of a tensor`)
  const block = layoutOf(dtype)?.elementsPerBlock ?? 1
  if ((shape.at(-1) ?? 1) % block !== 0)
    throw fail.malformed(
      place,
      `its rows have ${shape.at(-1) ?? 1} elements; ${dtype} has blocks of ${block}`,
    )
  return { ...tensor, type: stored.number, bytes }
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValueToWrite>): number {
  const entry = metadata.get('general.alignment')
  if (!entry) return DEFAULT_ALIGNMENT
  const alignment = entry.type === 'uint32' ? Number(entry.value) : 0
  if (alignment > 0 && Number.isInteger(Math.log2(alignment))) return alignment
  throw fail.malformed({ name: 'the metadata' }, 'general.alignment is no uint32 that is a power of two')
}

function headerOf(
  tensors: readonly Prepared[],
  metadata: ReadonlyMap<string, GgufValueToWrite>,
  alignment: number,
): Uint8Array {
  const out = new HeaderBytes()
  out.bytes(Buffer.from('GGUF'))
  out.number('uint32', VERSION)
  out.number('uint64', tensors.length)
  out.number('uint64', metadata.size)
  for (const [key, value] of metadata) {
    out.name(key, MAX_KEY_BYTES)
    out.value(value)
  }
  const names = new Set<string>()
  let offset = 0
  for (const { name, shape, type, bytes } of tensors) {
    if (names.has(name)) throw fail.malformed({ name: 'the header' }, `two tensors are named '${name}'`)
    names.add(name)
    out.name(name, MAX_NAME_BYTES)
    out.number('uint32', shape.length)
    for (const size of shape.toReversed()) out.number('uint64', size)
    out.number('uint32', type)
    out.number('uint64', offset)
    offset += Math.ceil(bytes / alignment) * alignment
  }
  return out.finish()
}

async function pad(sink: ByteSink, written: number, alignment: number): Promise<void> {
  const rest = written % alignment
  if (rest > 0) await sink.write(new Uint8Array(alignment - rest))
}
