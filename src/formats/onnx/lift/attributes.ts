import { failing } from '../../errors.ts'
import type { Wire } from '../../protobuf/wire.ts'
import { MAX_ELEMENT_TEXT } from '../limits.ts'
import type { AttributeProto, GraphProto, LongText, TensorProto } from '../read/proto.ts'
import { ATTRIBUTE_TYPES, type OnnxAttribute, type OnnxGraph, type OnnxTensor } from '../write/types.ts'

/**
 * Numbers of one list that are held: a tree ensemble of 1,000 trees has some million of each kind, 8 bytes a piece
 * here. What has more is no graph that passes could work on.
 */
const MAX_NUMBERS = 20_000_000

const unsupported = failing('FORMAT_UNSUPPORTED', 'Leave this model as it is.')

/** How tensors and graphs of attributes are lifted. */
export interface Nested {
  tensor(tensor: TensorProto): Promise<OnnxTensor>
  graph(graph: GraphProto): Promise<OnnxGraph>
}

/** Field numbers of an AttributeProto. */
const FIELD = { text: 4, floats: 7, ints: 8, texts: 9, type: 20 } as const
const TYPE_NAMES: ReadonlyMap<number, keyof typeof ATTRIBUTE_TYPES> = new Map(
  Object.entries(ATTRIBUTE_TYPES).map(([name, number]) => [number, name as keyof typeof ATTRIBUTE_TYPES]),
)

/**
 * A whole attribute, its long lists read again from the file; undefined where it holds nothing. Throws
 * FORMAT_UNSUPPORTED for those that only descriptions know.
 */
export async function liftAttribute(
  wire: Wire,
  attribute: AttributeProto,
  nested: Nested,
): Promise<OnnxAttribute | undefined> {
  const { value } = attribute
  switch (value.kind) {
    case 'none':
      return emptyOf(await typeOf(wire, attribute))
    case 'reference':
      return { parameter: value.name, type: (await typeOf(wire, attribute)) ?? 'float' }
    case 'float':
      return { float: value.value }
    case 'int':
      return { int: value.value }
    case 'string':
      return { text: await wholeText(wire, attribute, value.value) }
    case 'floats':
      return { floats: await floatsOf(wire, attribute, value.count) }
    case 'ints':
      return { ints: await intsOf(wire, attribute, value.count) }
    case 'strings':
      return { texts: await textsOf(wire, attribute) }
    case 'tensors':
      if (!value.list) return { tensor: await nested.tensor(value.tensors[0]!) }
      break
    case 'graphs':
      if (!value.list) return { graph: await nested.graph(value.graphs[0]!) }
      return { graphs: await inOrder(value.graphs, graph => nested.graph(graph)) }
  }
  throw unsupported(`The attribute '${attribute.name}' holds ${value.kind}, which is not written again`)
}

async function inOrder<From, To>(items: readonly From[], lift: (item: From) => Promise<To>): Promise<To[]> {
  const lifted: To[] = []
  for (const item of items) lifted.push(await lift(item))
  return lifted
}

/** Zero is not written: an int of 0, an empty text and an empty list look alike but for the type. */
function emptyOf(type: keyof typeof ATTRIBUTE_TYPES | undefined): OnnxAttribute | undefined {
  switch (type) {
    case 'float':
      return { float: 0 }
    case 'int':
      return { int: 0 }
    case 'text':
      return { text: '' }
    case 'floats':
      return { floats: [] }
    case 'ints':
      return { ints: [] }
    case 'texts':
      return { texts: [] }
    default:
      return undefined
  }
}

async function typeOf(
  wire: Wire,
  { range }: AttributeProto,
): Promise<keyof typeof ATTRIBUTE_TYPES | undefined> {
  let type: keyof typeof ATTRIBUTE_TYPES | undefined
  await wire.walk(range, field => {
    if (field.number === FIELD.type && field.kind === 'varint') type = TYPE_NAMES.get(Number(field.value))
  })
  return type
}

async function wholeText(wire: Wire, { name, range }: AttributeProto, { text }: LongText): Promise<string> {
  if (text === undefined)
    throw unsupported(`The attribute '${name}' holds bytes that are no text, which are not written again`)
  let whole = ''
  await wire.walk(range, async field => {
    if (field.number === FIELD.text && field.kind === 'bytes')
      whole = await wire.text(field.range, MAX_ELEMENT_TEXT, `the attribute '${name}'`)
  })
  return whole
}

async function textsOf(wire: Wire, { name, range }: AttributeProto): Promise<readonly string[]> {
  const texts: string[] = []
  await wire.walk(range, async field => {
    if (field.number === FIELD.texts && field.kind === 'bytes')
      texts.push(await wire.text(field.range, MAX_ELEMENT_TEXT, `an element of '${name}'`))
  })
  return texts
}

async function floatsOf(
  wire: Wire,
  { name, range }: AttributeProto,
  count: number,
): Promise<readonly number[]> {
  if (count > MAX_NUMBERS) throw tooMany(name, count)
  const floats: number[] = []
  await wire.walk(range, async field => {
    if (field.number !== FIELD.floats || field.kind === 'varint') return
    const { start, end } = field.range
    const bytes = await wire.bytes(field.range, 4 * MAX_NUMBERS, `the attribute '${name}'`)
    const view = new DataView(bytes.buffer, bytes.byteOffset, end - start)
    for (let at = 0; at + 4 <= end - start; at += 4) floats.push(view.getFloat32(at, true))
  })
  return floats
}

async function intsOf(
  wire: Wire,
  { name, range }: AttributeProto,
  count: number,
): Promise<readonly (number | bigint)[]> {
  if (count > MAX_NUMBERS) throw tooMany(name, count)
  const ints: (number | bigint)[] = []
  const add = (value: bigint): void => {
    const signed = BigInt.asIntN(64, value)
    const small = Number(signed)
    ints.push(Number.isSafeInteger(small) ? small : signed)
  }
  await wire.walk(range, async field => {
    if (field.number !== FIELD.ints) return
    if (field.kind === 'varint') add(field.value)
    else if (field.kind === 'bytes') await wire.packed(field.range, add)
  })
  return ints
}

function tooMany(name: string, count: number): Error {
  return unsupported(`The attribute '${name}' has ${count} numbers; at most ${MAX_NUMBERS} are held`)
}
