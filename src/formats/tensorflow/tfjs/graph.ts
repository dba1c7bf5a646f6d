import type { StrictJson } from '../../bytes/json.ts'
import type { Attribute, Signature, SignatureValue } from '../../types.ts'
import { DTYPE_NAMES, dtypeOf } from '../dtypes.ts'
import type { TensorflowFunction, TensorflowGraph } from '../graphdef/graph.ts'
import type { TensorflowNode } from '../graphdef/node.ts'
import { isObject, type JsonObject, listAt, objectAt, textAt } from './json.ts'

/** What is shown of a list and of a text; the rest is told by its size. */
const MAX_SHOWN_ITEMS = 64
const MAX_SHOWN_TEXT = 512

/** A GraphDef as protobuf's JSON has it. What has no name or op is left out. */
export function graphOfJson(topology: StrictJson | undefined): TensorflowGraph {
  const functions = listAt(objectAt(topology, 'library'), 'function').map(functionOf)
  const producer = objectAt(topology, 'versions').get('producer')
  return {
    nodes: listAt(topology, 'node').map(nodeOf),
    functions,
    producer: typeof producer === 'number' ? producer : 0,
  }
}

function functionOf(json: StrictJson): TensorflowFunction {
  const signature = objectAt(json, 'signature')
  return {
    name: textAt(signature, 'name') ?? '',
    inputs: listAt(signature, 'inputArg').map(argument => textAt(argument, 'name') ?? ''),
    nodes: listAt(json, 'nodeDef').map(nodeOf),
  }
}

function nodeOf(json: StrictJson): TensorflowNode {
  const functions: string[] = []
  const attributes = Array.from(
    objectAt(json, 'attr'),
    ([key, value]) => [key, attributeOf(value, functions)] as const,
  )
  return {
    name: textAt(json, 'name') ?? '',
    op: textAt(json, 'op') ?? '',
    inputs: listAt(json, 'input').map(input => (typeof input === 'string' ? input : '')),
    device: textAt(json, 'device') ?? '',
    attributes: new Map(attributes),
    functions,
  }
}

function attributeOf(json: StrictJson, functions: string[]): Attribute {
  if (!isObject(json)) return null
  const [[kind, value] = ['', null]] = json
  return valueOfKind(kind, value ?? null, functions)
}

function valueOfKind(kind: string, value: StrictJson, functions: string[]): Attribute {
  switch (kind) {
    case 's':
      return typeof value === 'string' ? decoded(value) : null
    case 'i':
      return integer(value)
    case 'f':
    case 'b':
    case 'placeholder':
      if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
      return typeof value === 'object' || typeof value === 'bigint' ? null : value
    case 'type':
      return dtypeOfJson(value)
    case 'shape':
      return shapeOfJson(value) ?? null
    case 'tensor':
      return {
        dtype: dtypeOfJson(objectAt(new Map([['', value]]), '').get('dtype') ?? null),
        shape: shapeOfJson(objectAt(value, 'tensorShape')) ?? null,
      }
    case 'func': {
      const name = textAt(value, 'name') ?? ''
      functions.push(name)
      return { function: name }
    }
    case 'list':
      return listOf(value, functions)
    default:
      return null
  }
}

function listOf(json: StrictJson, functions: string[]): Attribute {
  const [[kind, items] = ['', []]] = isObject(json) ? json : []
  if (!Array.isArray(items)) return []
  const shown = items.slice(0, MAX_SHOWN_ITEMS).map((item: StrictJson) => valueOfKind(kind, item, functions))
  return items.length > MAX_SHOWN_ITEMS ? { items: items.length } : shown
}

/** Bytes as base64. */
function decoded(text: string): Attribute {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length > MAX_SHOWN_TEXT ? { bytes: bytes.length } : bytes.toString()
}

/** 64-bit integers stand as text. */
function integer(value: StrictJson): Attribute {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value))
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  return Number.isSafeInteger(value) ? (value as number) : null
}

function dtypeOfJson(value: StrictJson) {
  if (typeof value === 'number') return dtypeOf(value)
  return typeof value === 'string' ? dtypeOf(DTYPE_NAMES.indexOf(value)) : 'unknown'
}

function shapeOfJson(json: StrictJson): (number | string | null)[] | undefined {
  if (!isObject(json) || json.get('unknownRank') === true) return undefined
  return listAt(json, 'dim').map(dim => {
    const size = integer(isObject(dim) ? (dim.get('size') ?? null) : null)
    if (typeof size === 'number') return size >= 0 ? size : textAt(dim, 'name') || null
    return null
  })
}

/** The `signature` of a graph model; undefined where it has none. */
export function signatureOfJson(json: JsonObject): Signature | undefined {
  if (json.size === 0) return undefined
  const values = (key: string) =>
    Array.from(objectAt(json, key), ([name, value]) => signatureValue(name, value))
  return { name: 'default', inputs: values('inputs'), outputs: values('outputs') }
}

function signatureValue(name: string, json: StrictJson): SignatureValue {
  const tensor = textAt(json, 'name')
  const shape = shapeOfJson(objectAt(json, 'tensorShape'))
  const dtype = isObject(json) ? json.get('dtype') : undefined
  return {
    name,
    kind: 'tensor',
    ...(dtype !== undefined && { dtype: dtypeOfJson(dtype) }),
    ...(shape && { shape }),
    ...(tensor !== undefined && tensor !== name && { tensor }),
  }
}
