import type { RecordField, TensorDtype } from '../../types.ts'
import { integerOf, isGlobal, nameOf, namesOf, shapeOf, textOf } from '../classes.ts'
import type { PickleCall, PickleNode } from '../types.ts'

/** Fields of one record, nested ones included: scikit-learn's tree nodes have 8, catalogues of stars some hundreds. */
const MAX_FIELDS = 1024
/** Records in records. */
const MAX_DEPTH = 8

/** A numpy dtype, as its pickle tells it. */
export interface ArrayDtype {
  readonly dtype: TensorDtype
  readonly itemBytes: number
  /** Numbers within an element whose bytes stand in big-endian order. */
  readonly swaps: readonly Swap[]
  /** Elements hold Python objects, whose bytes no file has. */
  readonly objects: boolean
  readonly fields?: readonly RecordField[]
  /** Of `string`: four bytes a character, or bytes. */
  readonly text?: 'ucs4' | 'bytes'
  /** Of dates and time spans: `ns`, `25s` … */
  readonly unit?: string
}

export interface Swap {
  readonly offset: number
  readonly size: number
  readonly count: number
}

const NUMPY: ReadonlySet<string> = new Set(['numpy', 'numpy.core.multiarray', 'numpy._core.multiarray'])

const NUMBERS: ReadonlyMap<string, readonly [dtype: TensorDtype, bytes: number, parts: number]> = new Map([
  ['b1', ['bool', 1, 1]],
  ['i1', ['int8', 1, 1]],
  ['i2', ['int16', 2, 1]],
  ['i4', ['int32', 4, 1]],
  ['i8', ['int64', 8, 1]],
  ['u1', ['uint8', 1, 1]],
  ['u2', ['uint16', 2, 1]],
  ['u4', ['uint32', 4, 1]],
  ['u8', ['uint64', 8, 1]],
  ['f2', ['float16', 2, 1]],
  ['f4', ['float32', 4, 1]],
  ['f8', ['float64', 8, 1]],
  ['f16', ['float128', 16, 1]],
  ['c8', ['complex64', 8, 2]],
  ['c16', ['complex128', 16, 2]],
  ['M8', ['datetime64', 8, 1]],
  ['m8', ['timedelta64', 8, 1]],
] as const)

/** Types of the package ml_dtypes, which numpy names by their class. */
const MACHINE_LEARNING: ReadonlyMap<string, readonly [dtype: TensorDtype, bytes: number]> = new Map([
  ['bfloat16', ['bfloat16', 2]],
  ['float8_e4m3fn', ['float8e4m3fn', 1]],
  ['float8_e4m3fnuz', ['float8e4m3fnuz', 1]],
  ['float8_e5m2', ['float8e5m2', 1]],
  ['float8_e5m2fnuz', ['float8e5m2fnuz', 1]],
  ['float8_e8m0fnu', ['float8e8m0', 1]],
] as const)

/** `numpy.dtype('f8', False, True)` with its state; undefined for anything else, and for kinds unknown here. */
export function dtypeOf(node: PickleNode | undefined, depth = 0): ArrayDtype | undefined {
  if (node?.kind !== 'call' || !isGlobal(node.callee, NUMPY, 'dtype') || depth > MAX_DEPTH) return undefined
  const known = KNOWN.get(node)
  if (known !== undefined) return known.dtype
  const dtype = read(node, depth)
  KNOWN.set(node, { dtype })
  return dtype
}

/** Each dtype is read once: a million arrays may share one, and records the records within them. */
const KNOWN = new WeakMap<PickleNode, { readonly dtype: ArrayDtype | undefined }>()

function read(node: PickleCall, depth: number): ArrayDtype | undefined {
  const first = node.args.kind === 'tuple' ? node.args.items[0] : undefined
  const state = node.states.at(-1)
  const parts = state?.kind === 'tuple' ? state.items : []
  const bigEndian = textOf(parts[1]) === '>'
  if (first?.kind === 'global') {
    // Records whose elements are of a class of their own: recarray's `numpy.record`, and `numpy.void`.
    const named = parts[4]?.kind === 'dict' ? integerOf(parts[5]) : undefined
    return named === undefined ? machineLearning(nameOf(first), bigEndian) : voidOf(`V${named}`, parts, depth)
  }
  const code = textOf(first)?.replace(/^[<>|=]/, '')
  if (code === undefined) return undefined
  if (code.startsWith('V')) return voidOf(code, parts, depth)
  return simpleOf(code, bigEndian, parts)
}

function simpleOf(code: string, bigEndian: boolean, state: readonly PickleNode[]): ArrayDtype | undefined {
  const number = NUMBERS.get(code)
  if (number) {
    const [dtype, itemBytes, count] = number
    const size = itemBytes / count
    const unit = code === 'M8' || code === 'm8' ? unitOf(state[8]) : undefined
    const swaps = bigEndian && size > 1 ? [{ offset: 0, size, count }] : []
    return { dtype, itemBytes, swaps, objects: false, ...(unit !== undefined && { unit }) }
  }
  if (/^O[48]?$/.test(code)) return { dtype: 'object', itemBytes: 8, swaps: [], objects: true }
  const [, kind, digits] = /^([USa])(\d{1,9})$/.exec(code) ?? []
  if (kind === undefined) return undefined
  const length = Number(digits)
  if (kind !== 'U') return { dtype: 'string', itemBytes: length, swaps: [], objects: false, text: 'bytes' }
  const swaps = bigEndian ? [{ offset: 0, size: 4, count: length }] : []
  return { dtype: 'string', itemBytes: length * 4, swaps, objects: false, text: 'ucs4' }
}

/** Records, and bytes without a type: (version, order, subarray, names, fields, size, alignment, flags). */
function voidOf(code: string, state: readonly PickleNode[], depth: number): ArrayDtype | undefined {
  const [, , , names, fields, size] = state
  const itemBytes = /^V\d{1,9}$/.test(code) ? Number(code.slice(1)) : undefined
  if (itemBytes === undefined) return undefined
  if (names?.kind !== 'tuple' || fields?.kind !== 'dict')
    return { dtype: 'opaque', itemBytes, swaps: [], objects: false }
  const stated = integerOf(size) ?? itemBytes
  if (stated !== itemBytes || names.items.length > MAX_FIELDS || fields.entries.length > MAX_FIELDS)
    return undefined
  return recordOf(names.items, namesOf(fields), itemBytes, depth)
}

function recordOf(
  names: readonly PickleNode[],
  described: ReadonlyMap<string, PickleNode>,
  itemBytes: number,
  depth: number,
): ArrayDtype | undefined {
  const fields: RecordField[] = []
  const swaps: Swap[] = []
  let objects = false
  for (const nameNode of names) {
    const name = textOf(nameNode)
    const field = name === undefined ? undefined : described.get(name)
    const [type, at] = field?.kind === 'tuple' ? field.items : []
    const inner = fieldTypeOf(type, depth + 1)
    const offset = integerOf(at)
    if (name === undefined || !inner || offset === undefined || offset < 0) return undefined
    const count = inner.shape.reduce((product, length) => product * length, 1)
    if (!(offset + count * inner.type.itemBytes <= itemBytes)) return undefined
    const moved = repeat(inner.type, count, offset)
    if (!moved || swaps.length + moved.length > MAX_FIELDS) return undefined
    swaps.push(...moved)
    objects ||= inner.type.objects
    fields.push({ name, dtype: inner.type.dtype, offset, shape: inner.shape })
  }
  return { dtype: 'record', itemBytes, swaps, objects, fields }
}

/** A field's type; a subarray is (base, shape) in the state's third place. */
function fieldTypeOf(
  node: PickleNode | undefined,
  depth: number,
): { readonly type: ArrayDtype; readonly shape: readonly number[] } | undefined {
  const state = node?.kind === 'call' ? node.states.at(-1) : undefined
  const sub = state?.kind === 'tuple' ? state.items[2] : undefined
  if (sub?.kind !== 'tuple') {
    const type = dtypeOf(node, depth)
    return type && { type, shape: [] }
  }
  const type = dtypeOf(sub.items[0], depth)
  const length = integerOf(sub.items[1])
  const shape = length === undefined ? shapeOf(sub.items[1]) : [length]
  return type && shape && { type, shape }
}

function repeat(type: ArrayDtype, count: number, offset: number): Swap[] | undefined {
  const [only] = type.swaps
  if (!only) return []
  // Numbers without gaps between them are one run.
  if (type.swaps.length === 1 && only.size * only.count === type.itemBytes)
    return [{ offset, size: only.size, count: only.count * count }]
  if (type.swaps.length * count > MAX_FIELDS) return undefined
  return Array.from({ length: count }, (_, i) =>
    type.swaps.map(swap => ({ ...swap, offset: swap.offset + offset + i * type.itemBytes })),
  ).flat()
}

function machineLearning(
  { module, name }: { readonly module: string; readonly name: string },
  bigEndian: boolean,
): ArrayDtype | undefined {
  const found = module.split('.')[0] === 'ml_dtypes' ? MACHINE_LEARNING.get(name) : undefined
  if (!found) return undefined
  const [dtype, itemBytes] = found
  const swaps = bigEndian && itemBytes > 1 ? [{ offset: 0, size: itemBytes, count: 1 }] : []
  return { dtype, itemBytes, swaps, objects: false }
}

/** Metadata of dates: (dictionary, (unit, count, 1, 1)). */
function unitOf(node: PickleNode | undefined): string | undefined {
  const unit = node?.kind === 'tuple' ? node.items[1] : undefined
  if (unit?.kind !== 'tuple') return undefined
  const count = integerOf(unit.items[1])
  const name = textOf(unit.items[0])
  return name === undefined ? undefined : `${count === 1 ? '' : (count ?? '')}${name}`
}
