import type { StrictJson } from '../../bytes/json.ts'
import type { Place } from '../../errors.ts'
import { DTYPE_NAMES } from '../dtypes.ts'
import type { TensorflowFailures } from '../failures.ts'
import { isObject, listAt, objectAt, textAt } from '../tfjs/json.ts'
import { parseReference, type Reference } from './references.ts'
import type { AttributeValue, GraphShape, ProgramFunction, ProgramNode } from './types.ts'

/** Where a graph's constants are: in TF.js the weight of the node's name. */
export type ConstantOf = (node: string, dtype: number) => AttributeValue | undefined

interface Reading {
  readonly place: Place
  readonly fail: TensorflowFailures
  readonly constantOf: ConstantOf
}

/** Nodes of a GraphDef, or of a FunctionDef, as protobuf's JSON has them. */
export function nodesOfJson(list: readonly StrictJson[], reading: Reading): ProgramNode[] {
  return list.map(json => nodeOfJson(json, reading))
}

function nodeOfJson(json: StrictJson, reading: Reading): ProgramNode {
  const [name, op] = [textAt(json, 'name') ?? '', textAt(json, 'op') ?? '']
  const place = { name: `${reading.place.name}, node '${name}'` }
  const inputs: Reference[] = []
  const controls: string[] = []
  for (const input of listAt(json, 'input')) {
    if (typeof input === 'string' && input.startsWith('^')) controls.push(input.slice(1))
    else inputs.push(referenceOf(input, place, reading.fail))
  }
  const attributes = new Map(attributesOf(objectAt(json, 'attr')))
  if (op === 'Const') {
    const dtype = attributes.get('dtype')
    const value = reading.constantOf(name, dtype?.kind === 'type' ? dtype.value : 0)
    if (value) attributes.set('value', value)
  }
  return { name, op, inputs, controls, attributes, place }
}

function referenceOf(json: StrictJson | undefined, place: Place, fail: TensorflowFailures): Reference {
  const reference = typeof json === 'string' ? parseReference(json) : undefined
  if (reference) return reference
  throw fail.malformed(place, `${JSON.stringify(String(json).slice(0, 200))} is no value of a node`)
}

export function functionOfJson(json: StrictJson, reading: Reading): ProgramFunction {
  const signature = objectAt(json, 'signature')
  const name = textAt(signature, 'name') ?? ''
  const place = { name: `${reading.place.name}, function '${name}'` }
  const returned = objectAt(json, 'ret')
  return {
    name,
    arguments: listAt(signature, 'inputArg').map(argument => ({
      name: textAt(argument, 'name') ?? '',
      dtype: dtypeNumber(isObject(argument) ? argument.get('type') : undefined),
    })),
    results: listAt(signature, 'outputArg').map(output =>
      referenceOf(returned.get(textAt(output, 'name') ?? ''), place, reading.fail),
    ),
    controls: Array.from(objectAt(json, 'controlRet').values()).filter(node => typeof node === 'string'),
    nodes: nodesOfJson(listAt(json, 'nodeDef'), { ...reading, place }),
    attributes: new Map(attributesOf(objectAt(json, 'attr'))),
  }
}

function* attributesOf(json: ReadonlyMap<string, StrictJson>): Generator<[string, AttributeValue], void> {
  for (const [key, value] of json) {
    if (key.startsWith('_') || !isObject(value)) continue
    const [[kind, held] = ['', null]] = value
    const attribute = heldValue(kind, held ?? null)
    if (attribute) yield [key, attribute]
  }
}

function heldValue(kind: string, json: StrictJson): AttributeValue | undefined {
  switch (kind) {
    case 's':
      return typeof json === 'string'
        ? { kind: 'text', bytes: Uint8Array.from(Buffer.from(json, 'base64')) }
        : undefined
    case 'i': {
      const value = integerOf(json)
      return value === undefined ? undefined : { kind: 'int', value }
    }
    case 'f': {
      const value = typeof json === 'string' ? SPECIAL.get(json) : json
      return typeof value === 'number' ? { kind: 'float', value } : undefined
    }
    case 'b':
      return typeof json === 'boolean' ? { kind: 'bool', value: json } : undefined
    case 'type':
      return { kind: 'type', value: dtypeNumber(json) }
    case 'shape':
      return { kind: 'shape', shape: shapeOf(json) }
    case 'placeholder':
      return typeof json === 'string' ? { kind: 'placeholder', name: json } : undefined
    case 'func':
      return { kind: 'function', name: textAt(json, 'name') ?? '' }
    case 'list':
      return listOf(json)
    default:
      return undefined
  }
}

/** protobuf's JSON has these as text. */
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

/** A ListValue has one of its fields filled. */
function listOf(json: StrictJson): AttributeValue {
  if (!isObject(json)) return { kind: 'list', items: [] }
  const items: AttributeValue[] = []
  for (const [kind, list] of json)
    if (Array.isArray(list))
      for (const item of list as readonly StrictJson[]) {
        const value = heldValue(kind, item)
        if (value) items.push(value)
      }
  return { kind: 'list', items }
}

/** 64-bit integers stand as text. */
function integerOf(json: StrictJson | undefined): number | bigint | undefined {
  if (typeof json === 'bigint') return json
  if (typeof json === 'number') return Number.isSafeInteger(json) ? json : undefined
  if (typeof json !== 'string' || !/^-?\d{1,19}$/.test(json)) return undefined
  return Number.isSafeInteger(Number(json)) ? Number(json) : BigInt(json)
}

function dtypeNumber(json: StrictJson | undefined): number {
  if (typeof json === 'number') return json
  return typeof json === 'string' ? Math.max(0, DTYPE_NAMES.indexOf(json)) : 0
}

function shapeOf(json: StrictJson | undefined): GraphShape {
  if (!isObject(json) || json.get('unknownRank') === true) return undefined
  return listAt(json, 'dim').map(dim => {
    const size = integerOf(isObject(dim) ? dim.get('size') : undefined) ?? 0
    return typeof size === 'number' && size >= 0 ? size : null
  })
}
