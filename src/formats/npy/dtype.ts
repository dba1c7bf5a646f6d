import { elementCount } from '../../core/index.ts'
import { failing } from '../errors.ts'
import type { RecordField, TensorDtype } from '../types.ts'
import { excerpt, type Literal } from './literal.ts'

/** The longest real records, of astronomy's catalogues, have some hundreds of fields. */
export const MAX_FIELDS = 10_000
/** Records in records. */
const MAX_DEPTH = 16
/** numpy's element sizes are C ints. */
const MAX_ITEM_BYTES = 2 ** 31 - 1

/** How elements lie in a file. */
export interface NpyDtype {
  readonly dtype: TensorDtype
  readonly itemBytes: number
  /** Bytes that must be swapped together to be little-endian, several times an element for complex numbers. */
  readonly swapBytes?: number
  /** Of texts: UCS-4 (`U`, whose order `swapBytes` tells) or bytes (`S`), padded with zeros. */
  readonly text?: 'ucs4' | 'bytes'
  /** Of dates and time spans: `D`, `ns`, `25s`. */
  readonly unit?: string
  readonly fields?: readonly NpyField[]
}

export interface NpyField {
  readonly name: string
  readonly type: NpyDtype
  readonly offset: number
  /** Of an array in each element; empty for one value. */
  readonly shape: readonly number[]
}

const invalid = failing('NPY_INVALID', 'Write the file again with numpy.save, or fetch it again.')

const NUMBERS: ReadonlyMap<string, TensorDtype> = new Map([
  ['b1', 'bool'],
  ['u1', 'uint8'],
  ['i1', 'int8'],
  ['u2', 'uint16'],
  ['i2', 'int16'],
  ['u4', 'uint32'],
  ['i4', 'int32'],
  ['u8', 'uint64'],
  ['i8', 'int64'],
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['f16', 'float128'],
  ['c8', 'complex64'],
  ['c16', 'complex128'],
  ['M8', 'datetime64'],
  ['m8', 'timedelta64'],
])

/**
 * What a `descr` means: a string (`<f4`, `|S3`, `<M8[ns]`), or a list of fields `(name, descr[, shape])`, whose
 * nameless ones are padding. Throws NPY_INVALID.
 */
export function dtypeOf(descr: Literal, file: string, depth = 0): NpyDtype {
  if (depth > MAX_DEPTH) throw invalid(`${file} has records nested more than ${MAX_DEPTH} deep`)
  if (typeof descr === 'string') return simpleOf(descr, file)
  if (descr === null || typeof descr !== 'object' || descr.kind !== 'list')
    throw invalid(`The descr of ${file} is neither a type nor a list of fields`)
  if (descr.items.length > MAX_FIELDS)
    throw invalid(`${file} has records of ${descr.items.length} fields; the limit is ${MAX_FIELDS}`)
  const fields: NpyField[] = []
  const names = new Set<string>()
  let offset = 0
  for (const item of descr.items) {
    const { name, type, shape } = fieldOf(item, file, depth)
    const bytes = elementCount(shape) * type.itemBytes
    if (offset + bytes > MAX_ITEM_BYTES)
      throw invalid(`${file} has records of more than ${MAX_ITEM_BYTES} bytes`)
    const padding = name === '' && type.dtype === 'opaque'
    if (!padding) {
      if (names.has(name)) throw invalid(`${file} has two fields named '${excerpt(name)}'`)
      names.add(name)
      fields.push({ name, type, offset, shape })
    }
    offset += bytes
  }
  return { dtype: 'record', itemBytes: offset, fields }
}

function fieldOf(item: Literal, file: string, depth: number): Omit<NpyField, 'offset'> {
  const wrong = () => invalid(`${file} has a field that is not (name, type) or (name, type, shape)`)
  if (item === null || typeof item !== 'object' || item.kind !== 'tuple') throw wrong()
  const [title, descr, sizes] = item.items
  // A pair is (title, name).
  const pair = title !== null && typeof title === 'object' && title.kind === 'tuple' ? title.items[1] : title
  if (typeof pair !== 'string' || descr === undefined || item.items.length > 3) throw wrong()
  const shape = sizes === undefined ? [] : typeof sizes === 'number' ? [sizes] : shapeOf(sizes, file)
  return { name: pair, type: dtypeOf(descr, file, depth + 1), shape }
}

/** A tuple of sizes. Throws NPY_INVALID. */
export function shapeOf(value: Literal | undefined, file: string, limit = 64): readonly number[] {
  if (typeof value !== 'object' || value === null || value.kind === 'dict')
    throw invalid(`${file} has a shape that is no tuple of sizes`)
  const sizes = value.items.filter((size): size is number => Number.isSafeInteger(size))
  if (sizes.length !== value.items.length) throw invalid(`${file} has a shape that is not one of sizes`)
  if (sizes.length > limit) throw invalid(`${file} has ${sizes.length} dimensions`)
  return sizes
}

function simpleOf(descr: string, file: string): NpyDtype {
  const match = /^([<>|=])?([a-zA-Z])(\d{0,10})(?:\[([^\]]{1,20})\])?$/.exec(descr)
  const [, order = '|', kind = '', digits = '', unit] = match ?? []
  const size = Number(digits || '0')
  const big = order === '>'
  const dtype = NUMBERS.get(`${kind}${digits}`)
  if (dtype) {
    const swapBytes = kind === 'c' ? size / 2 : size
    return { dtype, itemBytes: size, ...(big && size > 1 && { swapBytes }), ...(unit && { unit }) }
  }
  if (size * 4 > MAX_ITEM_BYTES)
    throw invalid(`${file} has elements of the type '${descr}', beyond any memory`)
  if (kind === 'U')
    return { dtype: 'string', itemBytes: size * 4, text: 'ucs4', ...(big && { swapBytes: 4 }) }
  if (kind === 'S' || kind === 'a') return { dtype: 'string', itemBytes: size, text: 'bytes' }
  if (kind === 'V') return { dtype: 'opaque', itemBytes: size }
  if (kind === 'O') return { dtype: 'object', itemBytes: 0 }
  // Extended precision of other machines, complex numbers of it.
  if ((kind === 'f' || kind === 'c') && size > 0) return { dtype: 'unknown', itemBytes: size }
  throw invalid(`${file} holds elements of the type '${excerpt(descr)}'`)
}

/** As a description shows them. */
export function fieldsOf(fields: readonly NpyField[]): readonly RecordField[] {
  return fields.map(({ name, type, offset, shape }) => ({
    name,
    dtype: type.dtype,
    offset,
    shape,
    ...(type.fields && { fields: fieldsOf(type.fields) }),
    ...(sizedApart(type) && { itemBytes: type.itemBytes }),
  }))
}

/** Whether the dtype's name leaves the size of an element open. */
export function sizedApart({ dtype }: NpyDtype): boolean {
  return dtype === 'record' || dtype === 'opaque' || dtype === 'unknown' || dtype === 'string'
}

/** Whether there are objects in it: their bytes are a pickle, and no array. */
export function holdsObjects(type: NpyDtype): boolean {
  return type.dtype === 'object' || (type.fields?.some(field => holdsObjects(field.type)) ?? false)
}

/** A run of units in an element that are to be swapped. */
export interface SwapRun {
  readonly offset: number
  readonly unit: number
  readonly bytes: number
}

/** The big-endian parts of one element, in order. Throws NPY_INVALID where arrays of records would make too many. */
export function swapRunsOf(type: NpyDtype, file: string): readonly SwapRun[] {
  const runs: SwapRun[] = []
  const add = (part: NpyDtype, offset: number, count: number): void => {
    if (part.fields) {
      const big = part.fields.some(field => field.type.swapBytes || field.type.fields)
      for (let i = 0; big && i < count; i++)
        for (const field of part.fields)
          add(field.type, offset + i * part.itemBytes + field.offset, elementCount(field.shape))
    } else if (part.swapBytes && count > 0) {
      runs.push({ offset, unit: part.swapBytes, bytes: part.itemBytes * count })
      if (runs.length > MAX_FIELDS) throw invalid(`${file} has records of more than ${MAX_FIELDS} parts`)
    }
  }
  add(type, 0, 1)
  return runs
}
