import type { Place } from '../../errors.ts'
import type { Range, Wire } from '../../protobuf/wire.ts'
import type { TensorInfo } from '../../types.ts'
import { varint } from '../bundle/table.ts'
import { storedDtype } from '../dtypes.ts'
import type { TensorflowFailures } from '../failures.ts'
import { MAX_TEXT_BYTES } from '../limits.ts'
import { given, piecesOf } from '../pieces.ts'
import { readShape } from '../shape.ts'
import { extentOf, givenBytes, type StoredTensor } from '../tensors.ts'
import { shownText } from '../text.ts'
import { packedValues, typedValues, valueField } from './values.ts'

/** One value may stand for a whole tensor: more elements than this no model fills so. */
const MAX_REPEATED = 2 ** 28

/** A TensorProto, without its values. */
export interface TensorProto {
  /** Number of the DataType. */
  readonly dtype: number
  readonly shape: readonly number[]
  readonly range: Range
  /** Elements as they are in memory; without them they stand in a typed field. */
  readonly content: Range | undefined
}

/** Reads what a TensorProto is: 1 dtype, 2 tensor_shape, 4 tensor_content. Its values are jumped over. */
export async function readTensorProto(
  wire: Wire,
  range: Range,
  fail: TensorflowFailures,
): Promise<TensorProto> {
  let dtype = 0
  let shape: readonly number[] = []
  let content: Range | undefined
  let shapes = 0
  await wire.walk(range, async field => {
    if (field.kind === 'varint' && field.number === 1) dtype = Number(BigInt.asIntN(32, field.value))
    if (field.kind !== 'bytes') return
    if (field.number === 4 && field.range.end > field.range.start) content = field.range
    if (field.number !== 2) return
    if (++shapes > 1)
      throw fail.malformed({ name: wire.source.name, offset: range.start }, 'a constant has two shapes')
    const read = await readShape(wire, field.range, fail)
    if (!read || read.some(size => typeof size !== 'number'))
      throw fail.malformed(
        { name: wire.source.name, offset: field.range.start },
        'a constant has a shape that is not fully known',
      )
    shape = read as number[]
  })
  return { dtype, shape, range, content }
}

/** A constant as a tensor that can be read. Its values are held against its shape. */
export function constantTensor(
  wire: Wire,
  proto: TensorProto,
  name: string,
  fail: TensorflowFailures,
): StoredTensor {
  const place = { name: wire.source.name, offset: proto.range.start }
  const stored = storedDtype(proto.dtype) ?? { dtype: 'unknown' as const }
  const { elements, bytes } = extentOf(proto.shape, stored, place, fail)
  const size = givenBytes(elements, stored)
  const info: TensorInfo = {
    name,
    dtype: stored.dtype,
    shape: proto.shape,
    elements,
    ...(size !== undefined && { bytes: size }),
    role: 'constant',
  }
  if (!proto.content && elements > MAX_REPEATED)
    throw fail.limit(place, `one value stands for ${elements} elements; the limit is ${MAX_REPEATED}`)
  if (stored.dtype === 'string')
    return { info, text: () => constantTexts(wire, proto, elements, place, fail) }
  if (stored.bytes === undefined || bytes === undefined) return { info }
  const { content } = proto
  const itemBytes = stored.bytes
  if (!content) {
    const field = valueField(proto.dtype)
    const values = { wire, range: proto.range, field, itemBytes, elements, place, fail }
    return {
      info: { ...info, stored: ['typed-values'] },
      bytes: () => given(typedValues(values), stored),
      place: () => packedValues(values),
    }
  }
  if (content.end - content.start !== bytes)
    throw fail.malformed(
      place,
      `a constant's shape [${proto.shape.join(', ')}] takes ${bytes} bytes, and it has ${content.end - content.start}`,
    )
  return {
    info,
    bytes: () => given(piecesOf(wire.source, content, itemBytes), stored),
    place: async () => content,
  }
}

/**
 * string_val, field 8, of which the last one repeats; or tensor_content, which has the lengths of all elements as
 * varints and then their bytes.
 */
export async function* constantTexts(
  wire: Wire,
  { range, content }: TensorProto,
  elements: number,
  place: Place,
  fail: TensorflowFailures,
): AsyncGenerator<string, void> {
  if (content) {
    yield* contentTexts(wire, content, elements, place, fail)
    return
  }
  let [count, last] = [0, '']
  for await (const field of wire.fields(range)) {
    if (field.kind !== 'bytes' || field.number !== 8) continue
    if (++count > elements) throw fail.malformed(place, `it has more texts than the ${elements} of its shape`)
    last = shownText(await wire.bytes(field.range, MAX_TEXT_BYTES, 'a text'))
    yield last
  }
  for (; count < elements; count++) yield last
}

async function* contentTexts(
  wire: Wire,
  content: Range,
  elements: number,
  place: Place,
  fail: TensorflowFailures,
): AsyncGenerator<string, void> {
  const bytes = await wire.bytes(content, MAX_TEXT_BYTES, 'texts of a constant')
  const ends: number[] = []
  let at = 0
  let total = 0
  for (let i = 0; i < elements; i++) {
    const length = varint(bytes, at, bytes.length)
    if (!length) throw fail.malformed(place, `text ${i} of ${elements} has no length`)
    at = length.next
    total += length.value
    ends.push(total)
  }
  if (at + total !== bytes.length)
    throw fail.malformed(place, `its texts have ${total} bytes, and ${bytes.length - at} are there`)
  for (const [i, end] of ends.entries()) yield shownText(bytes.subarray(at + (ends[i - 1] ?? 0), at + end))
}
