import type { Range, Wire } from '../../protobuf/wire.ts'
import type { TensorflowFailures } from '../failures.ts'
import { constantTensor, readTensorProto } from '../graphdef/tensor.ts'
import { MAX_NAME_BYTES } from '../limits.ts'
import { readShape } from '../shape.ts'
import type { AttributeValue, GraphShape } from './types.ts'

/** Serialized messages stand in some attributes (devices, sharding); texts that ops compute with are short. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024
/** Items of one list: boundaries of a large discretisation. */
const MAX_ITEMS = 1_000_000

/**
 * An AttrValue, exact: 1 list, 2 s, 3 i, 4 f, 5 b, 6 type, 7 shape, 8 tensor, 9 placeholder, 10 func. Undefined where
 * it holds nothing. `name` is the node's, for the tensor.
 */
export async function readValue(
  wire: Wire,
  range: Range,
  name: string,
  fail: TensorflowFailures,
): Promise<AttributeValue | undefined> {
  let found: AttributeValue | undefined
  await wire.walk(range, async field => {
    if (field.kind === 'varint') found = integer(field.number, field.value)
    else if (field.kind === 'fixed') found = float(await wire.bytes(field.range, 8, 'a number'))
    else if (field.number === 1) found = await readList(wire, field.range, name, fail)
    else found = await readBytes(wire, field.number, field.range, name, fail)
  })
  return found
}

async function readBytes(
  wire: Wire,
  kind: number,
  range: Range,
  name: string,
  fail: TensorflowFailures,
): Promise<AttributeValue | undefined> {
  switch (kind) {
    case 2:
      return {
        kind: 'text',
        bytes: Uint8Array.from(await wire.bytes(range, MAX_TEXT_BYTES, 'an attribute')),
      }
    case 7:
      return { kind: 'shape', shape: withoutNames(await readShape(wire, range, fail)) }
    case 8: {
      const proto = await readTensorProto(wire, range, fail)
      return { kind: 'tensor', tensor: constantTensor(wire, proto, name, fail) }
    }
    case 9:
      return { kind: 'placeholder', name: await wire.text(range, MAX_NAME_BYTES, 'an attribute') }
    case 10:
      return { kind: 'function', name: await readFunctionName(wire, range) }
    default:
      return undefined
  }
}

/** A ListValue: 2 s, 3 i, 4 f, 5 b, 6 type, 7 shape, 8 tensor, 9 func. Numbers may be packed. */
async function readList(
  wire: Wire,
  range: Range,
  name: string,
  fail: TensorflowFailures,
): Promise<AttributeValue> {
  const items: AttributeValue[] = []
  const add = (item: AttributeValue | undefined) => {
    if (!item) return
    if (items.length >= MAX_ITEMS)
      throw fail.limit(
        { name: wire.source.name, offset: range.start },
        `the list of an attribute of '${name}' has more than ${MAX_ITEMS} items`,
      )
    items.push(item)
  }
  await wire.walk(range, async field => {
    if (field.kind === 'varint') add(integer(field.number, field.value))
    else if (field.kind === 'fixed') add(float(await wire.bytes(field.range, 8, 'a number')))
    else if (field.number === 4) await packedFloats(wire, field.range, add)
    else if (field.number === 3 || field.number === 5 || field.number === 6)
      await wire.packed(field.range, value => add(integer(field.number, value)))
    else add(await readBytes(wire, field.number === 9 ? 10 : field.number, field.range, name, fail))
  })
  return { kind: 'list', items }
}

async function packedFloats(wire: Wire, range: Range, add: (item: AttributeValue) => void): Promise<void> {
  for (let at = range.start; at + 4 <= range.end; at += 4)
    add(float(await wire.bytes({ start: at, end: at + 4 }, 4, 'a number')))
}

/** A NameAttrList: 1 name. Its attributes belong to functions of several types, which nothing writes today. */
async function readFunctionName(wire: Wire, range: Range): Promise<string> {
  let name = ''
  await wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number === 1)
      name = await wire.text(field.range, MAX_NAME_BYTES, 'the name of a function')
  })
  return name
}

function integer(kind: number, value: bigint): AttributeValue | undefined {
  const signed = BigInt.asIntN(64, value)
  if (kind === 5) return { kind: 'bool', value: value !== 0n }
  if (kind === 6) return { kind: 'type', value: Number(BigInt.asIntN(32, value)) }
  if (kind !== 3) return undefined
  const plain = Number(signed)
  return { kind: 'int', value: Number.isSafeInteger(plain) ? plain : signed }
}

function float(bytes: Uint8Array): AttributeValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    kind: 'float',
    value: bytes.byteLength === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true),
  }
}

function withoutNames(shape: readonly (number | string | null)[] | undefined): GraphShape {
  return shape?.map(size => (typeof size === 'number' ? size : null))
}
