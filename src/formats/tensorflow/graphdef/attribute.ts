import type { Range, Wire } from '../../protobuf/wire.ts'
import type { Attribute } from '../../types.ts'
import { dtypeOf } from '../dtypes.ts'
import type { TensorflowFailures } from '../failures.ts'
import { MAX_NAME_BYTES } from '../limits.ts'
import { readShape } from '../shape.ts'
import { shownText } from '../text.ts'
import { readTensorProto, type TensorProto } from './tensor.ts'

/** What a description shows of one text, and of one list; the rest is told by its size. */
const MAX_SHOWN_BYTES = 512
const MAX_SHOWN_ITEMS = 64
/** Functions as attributes of functions. */
const MAX_DEPTH = 16

/** What an attribute holds besides what is shown of it. */
export interface AttributeParts {
  /** Names of functions that it refers to. */
  readonly functions: string[]
  readonly tensors: TensorProto[]
}

/**
 * An AttrValue: 1 list, 2 s, 3 i, 4 f, 5 b, 6 type, 7 shape, 8 tensor, 9 placeholder, 10 func. Shown as plain JSON;
 * a tensor by its type and shape, a function by its name.
 */
export async function readAttribute(
  wire: Wire,
  range: Range,
  parts: AttributeParts,
  fail: TensorflowFailures,
  depth = 0,
): Promise<Attribute> {
  if (depth > MAX_DEPTH)
    throw fail.limit(
      { name: wire.source.name, offset: range.start },
      `attributes are nested more than ${MAX_DEPTH} deep`,
    )
  let shown: Attribute = null
  await wire.walk(range, async field => {
    if (field.kind === 'varint') shown = number(field.number, field.value)
    else if (field.kind === 'fixed') shown = float(await wire.bytes(field.range, 8, 'a number'))
    else if (field.number === 1) shown = await readList(wire, field.range, parts, fail)
    else shown = await readBytes(wire, field, parts, fail, depth)
  })
  return shown
}

async function readBytes(
  wire: Wire,
  { number: kind, range }: { readonly number: number; readonly range: Range },
  parts: AttributeParts,
  fail: TensorflowFailures,
  depth: number,
): Promise<Attribute> {
  switch (kind) {
    case 2:
    case 9: {
      const bytes = range.end - range.start
      if (bytes > MAX_SHOWN_BYTES) return { bytes }
      return shownText(await wire.bytes(range, MAX_SHOWN_BYTES, 'an attribute'))
    }
    case 7:
      return (await readShape(wire, range, fail)) ?? null
    case 8: {
      const proto = await readTensorProto(wire, range, fail)
      parts.tensors.push(proto)
      return { dtype: dtypeOf(proto.dtype), shape: proto.shape }
    }
    case 10:
      return { function: await readFunctionName(wire, range, parts, fail, depth) }
    default:
      return null
  }
}

/** A ListValue: 2 s, 3 i, 4 f, 5 b, 6 type, 7 shape, 8 tensor, 9 func. Numbers may be packed. */
async function readList(
  wire: Wire,
  range: Range,
  parts: AttributeParts,
  fail: TensorflowFailures,
): Promise<Attribute> {
  const items: Attribute[] = []
  let count = 0
  const add = (item: Attribute) => {
    if (++count <= MAX_SHOWN_ITEMS) items.push(item)
  }
  await wire.walk(range, async field => {
    if (field.kind === 'varint') add(number(field.number, field.value))
    else if (field.kind === 'fixed') add(float(await wire.bytes(field.range, 8, 'a number')))
    else if (field.number === 4) await packedFloats(wire, field.range, add)
    else if (field.number === 3 || field.number === 5 || field.number === 6)
      await wire.packed(field.range, value => add(number(field.number, value)))
    else if (field.number === 9) add({ function: await readFunctionName(wire, field.range, parts, fail, 1) })
    else add(await readBytes(wire, field, parts, fail, 1))
  })
  return count > MAX_SHOWN_ITEMS ? { items: count } : items
}

async function packedFloats(wire: Wire, range: Range, add: (item: Attribute) => void): Promise<void> {
  for (let at = range.start; at + 4 <= range.end; at += 4)
    add(float(await wire.bytes({ start: at, end: at + 4 }, 4, 'a number')))
}

/** A NameAttrList: 1 name, 2 attr, which may name functions again. */
async function readFunctionName(
  wire: Wire,
  range: Range,
  parts: AttributeParts,
  fail: TensorflowFailures,
  depth: number,
): Promise<string> {
  let name = ''
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) name = await wire.text(field.range, MAX_NAME_BYTES, 'the name of a function')
    if (field.number !== 2) return
    await wire.walk(field.range, async part => {
      if (part.kind === 'bytes' && part.number === 2)
        await readAttribute(wire, part.range, parts, fail, depth + 1)
    })
  })
  parts.functions.push(name)
  return name
}

function number(kind: number, value: bigint): Attribute {
  if (kind === 5) return value !== 0n
  const signed = BigInt.asIntN(64, value)
  if (kind === 6) return dtypeOf(Number(signed))
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : String(signed)
}

function float(bytes: Uint8Array): Attribute {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const value = bytes.byteLength === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true)
  return Number.isFinite(value) ? value : String(value)
}
