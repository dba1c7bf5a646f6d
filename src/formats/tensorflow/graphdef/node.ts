import type { Range, Wire } from '../../protobuf/wire.ts'
import type { Attribute } from '../../types.ts'
import type { TensorflowFailures } from '../failures.ts'
import { MAX_NAME_BYTES } from '../limits.ts'
import { type AttributeParts, readAttribute } from './attribute.ts'
import { constantTexts, type TensorProto } from './tensor.ts'

/** A node of a graph or of a function. */
export interface TensorflowNode {
  readonly name: string
  readonly op: string
  /** `name:output`, and `^name` for an order without a value. */
  readonly inputs: readonly string[]
  readonly device: string
  readonly attributes: ReadonlyMap<string, Attribute>
  /** Functions that its attributes name. */
  readonly functions: readonly string[]
  /** The value of a Const. */
  readonly value?: TensorProto
  /** The texts of a small Const of text: paths are told from others by them. */
  readonly texts?: readonly string[]
}

const MAX_INPUTS = 100_000
/** Real ops have some twenty. */
const MAX_ATTRIBUTES = 1000
/** Texts that are kept of one constant, and how long each may be. */
const MAX_TEXTS = 16
const MAX_TEXT_BYTES = 4096
const STRING = 7

/** A NodeDef: 1 name, 2 op, 3 input, 4 device, 5 attr (1 key, 2 value). */
export async function readNode(wire: Wire, range: Range, fail: TensorflowFailures): Promise<TensorflowNode> {
  let [name, op, device] = ['', '', '']
  const inputs: string[] = []
  const attributes = new Map<string, Attribute>()
  const parts: AttributeParts = { functions: [], tensors: [] }
  const place = { name: wire.source.name, offset: range.start }
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) name = await wire.text(field.range, MAX_NAME_BYTES, 'the name of a node')
    else if (field.number === 2) op = await wire.text(field.range, MAX_NAME_BYTES, 'the op of a node')
    else if (field.number === 3) {
      inputs.push(await wire.text(field.range, MAX_NAME_BYTES, 'an input of a node'))
      if (inputs.length > MAX_INPUTS) throw fail.limit(place, `a node has more than ${MAX_INPUTS} inputs`)
    } else if (field.number === 4) device = await wire.text(field.range, MAX_NAME_BYTES, 'a device')
    else if (field.number === 5) {
      const [key, value] = await readEntry(wire, field.range, parts, fail)
      attributes.set(key, value)
      if (attributes.size > MAX_ATTRIBUTES)
        throw fail.limit(place, `a node has more than ${MAX_ATTRIBUTES} attributes`)
    }
  })
  // Of several values, which protobuf would merge, none is taken for the value.
  const value = op === 'Const' && parts.tensors.length === 1 ? parts.tensors[0] : undefined
  const texts = value && (await smallTexts(wire, value, fail))
  return {
    name,
    op,
    inputs,
    device,
    attributes,
    functions: parts.functions,
    ...(value && { value }),
    ...(texts && { texts }),
  }
}

/** An entry of a map from names to AttrValue. */
export async function readEntry(
  wire: Wire,
  range: Range,
  parts: AttributeParts,
  fail: TensorflowFailures,
): Promise<[string, Attribute]> {
  let key = ''
  let value: Attribute = null
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) key = await wire.text(field.range, MAX_NAME_BYTES, 'the name of an attribute')
    if (field.number === 2) value = await readAttribute(wire, field.range, parts, fail)
  })
  return [key, value]
}

async function smallTexts(
  wire: Wire,
  proto: TensorProto,
  fail: TensorflowFailures,
): Promise<string[] | undefined> {
  const elements = proto.shape.reduce((product, size) => product * size, 1)
  const bytes = proto.range.end - proto.range.start
  if (proto.dtype !== STRING || elements > MAX_TEXTS || bytes > MAX_TEXT_BYTES) return undefined
  const place = { name: wire.source.name, offset: proto.range.start }
  const texts: string[] = []
  for await (const text of constantTexts(wire, proto, elements, place, fail)) texts.push(text)
  return texts
}
