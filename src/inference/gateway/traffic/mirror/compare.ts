import { headerOf, type ResponseFrame } from '../../../frames/index.ts'

/** Larger answers are told apart by their digests alone. */
const MAX_COMPARED_BYTES = 256 * 1024
const MAX_DEPTH = 16
/** Say who answered, not what. */
const NAMES: ReadonlySet<string> = new Set(['model_name', 'model_version', 'id', 'model', 'version'])

/** Of an answer about classes: those behind the one that it decides for, in whatever order. */
const RUNNERS_UP = 'top'
/** Of a class, where it has no name: a number that is one. */
const CLASS = 'index'

export interface Comparison {
  /** Of all numbers; 0 where there are none. */
  readonly largestDifference: number
  /** Texts are the same, and so is the place of the largest number of each row. */
  readonly agreed: boolean
}

/** What an answer says, without who says it: from the member `outputs` or `predictions` on, to the last byte. */
export function contentOf({ body }: ResponseFrame): Buffer {
  const outputs = body.indexOf('"outputs":')
  const at = outputs >= 0 ? outputs : body.indexOf('"predictions":')
  return at < 0 ? body : body.subarray(at)
}

/** Undefined where the answers are too large to look into, or of different form or none that is known. */
export function compare(a: ResponseFrame, b: ResponseFrame): Comparison | undefined {
  if (a.body.length > MAX_COMPARED_BYTES || b.body.length > MAX_COMPARED_BYTES) return undefined
  const [left, right] = [valuesOf(a), valuesOf(b)]
  if (left === undefined || right === undefined) return undefined
  const found = { largestDifference: 0, agreed: true }
  walk(left, right, found, 0)
  return found
}

type Found = { -readonly [Name in keyof Comparison]: Comparison[Name] }

function walk(a: unknown, b: unknown, found: Found, depth: number): void {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = Math.abs(a - b)
    if (difference > found.largestDifference) found.largestDifference = difference
  } else if (Array.isArray(a) && Array.isArray(b) && a.length === b.length && depth < MAX_DEPTH) {
    if (a.length > 1 && a.every(isNumber) && b.every(isNumber)) {
      found.agreed &&= largestAt(a) === largestAt(b)
    }
    for (let i = 0; i < a.length; i++) walk(a[i], b[i], found, depth + 1)
  } else if (isObject(a) && isObject(b) && depth < MAX_DEPTH) {
    for (const name of Object.keys(a)) {
      if (NAMES.has(name) || (name === RUNNERS_UP && decides(a))) continue
      if (!Object.hasOwn(b, name)) found.agreed = false
      else if (name === CLASS && isNumber(a[name])) found.agreed &&= a[name] === b[name]
      else walk(a[name], b[name], found, depth + 1)
    }
  } else if (a !== b) found.agreed = false
}

/** It says what it decides, and not only what might be. */
function decides(answer: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(answer, CLASS) || Object.hasOwn(answer, 'classes')
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function largestAt(row: readonly number[]): number {
  let at = 0
  for (let i = 1; i < row.length; i++) if (row[i]! > row[at]!) at = i
  return at
}

/** The JSON of an answer; tensors of the Open Inference Protocol by rows, those in binary read from behind it. */
function valuesOf(answer: ResponseFrame): unknown {
  const jsonBytes = Number(headerOf(answer.headers, 'inference-header-content-length') ?? answer.body.length)
  if (!(jsonBytes <= answer.body.length)) return undefined
  const json = parse(answer.body.toString('utf8', 0, jsonBytes))
  if (!isObject(json)) return undefined
  const { outputs } = json
  if (!Array.isArray(outputs)) return json
  let at = jsonBytes
  return outputs.map(output => {
    if (!isObject(output)) return output
    const { name, shape, datatype, data, parameters } = output
    const bytes = isObject(parameters) ? Number(parameters['binary_data_size'] ?? 0) : 0
    if (bytes === 0) return { name, datatype, rows: rowsOf(data, shape) }
    const numbers = numbersOf(answer.body.subarray(at, at + bytes), String(datatype))
    at += bytes
    return { name, datatype, rows: rowsOf(numbers, shape) }
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Flat data in rows of the last dimension. */
function rowsOf(data: unknown, shape: unknown): unknown {
  const width: unknown = Array.isArray(shape) ? shape.at(-1) : undefined
  if (!Array.isArray(data) || typeof width !== 'number' || !(width > 1) || data.length <= width) return data
  const rows: unknown[] = []
  for (let at = 0; at < data.length; at += width) rows.push(data.slice(at, at + width))
  return rows
}

const READERS: Readonly<Record<string, { readonly size: number; read(view: DataView, at: number): number }>> =
  {
    FP32: { size: 4, read: (view, at) => view.getFloat32(at, true) },
    FP64: { size: 8, read: (view, at) => view.getFloat64(at, true) },
    INT64: { size: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
    INT32: { size: 4, read: (view, at) => view.getInt32(at, true) },
    INT8: { size: 1, read: (view, at) => view.getInt8(at) },
    UINT8: { size: 1, read: (view, at) => view.getUint8(at) },
    BOOL: { size: 1, read: (view, at) => view.getUint8(at) },
  }

/** What is no number of these is compared by its bytes. */
function numbersOf(bytes: Buffer, datatype: string): number[] | string {
  const reader = Object.hasOwn(READERS, datatype) ? READERS[datatype] : undefined
  if (reader === undefined) return bytes.toString('latin1')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(bytes.length / reader.size) }, (_, i) =>
    reader.read(view, i * reader.size),
  )
}
