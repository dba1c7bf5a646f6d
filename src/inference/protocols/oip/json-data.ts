import { type Dtype, elementCount, type Tensor } from '../../../core/index.ts'
import { fitInput } from '../../../model/index.ts'
import { MAX_BODY_BYTES, MAX_DEPTH } from '../limits.ts'
import { refuse, shown } from '../refuse.ts'
import { checkElements, endOfValue, valueAt } from './json-members.ts'
import { NumberScanner } from './json-numbers.ts'

/** Past here neighbouring whole numbers fall together in a double. */
const EXACT = Number.MAX_SAFE_INTEGER

export interface DataSpec {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
}

/** The JSON array at `at`, flat or nested, as a tensor; `end` is behind it. Throws REQUEST_INVALID or INPUT_DTYPE. */
export function tensorOfJson(
  spec: DataSpec,
  bytes: Buffer,
  at: number,
): { readonly tensor: Tensor; readonly end: number } {
  const count = elementCount(spec.shape)
  // Each element takes two bytes at least: memory follows what was sent, never what a shape claims.
  if (count > (bytes.length - at) / 2 + 1) {
    throw refuse(
      `The shape [${spec.shape.join(', ')}] of '${spec.name}' holds ${count} elements, more than data can have`,
    )
  }
  if (spec.dtype === 'float32') {
    const data = new Float32Array(count)
    const end = new NumberScanner(bytes, at, data).scan()
    if (end !== undefined) return { tensor: { dtype: spec.dtype, shape: spec.shape, data }, end }
  } else if (spec.dtype !== 'string' && spec.dtype !== 'bool') {
    const data = new Float64Array(count)
    const end = new NumberScanner(bytes, at, data, spec.dtype).scan()
    if (end !== undefined) return { tensor: converted(spec, data, bytes, at, end), end }
  }
  const end = endOfValue(bytes, at)
  checkElements(bytes, at, end, count)
  return { tensor: slowly(spec, count, bytes, at, end), end }
}

function converted(spec: DataSpec, data: Float64Array, bytes: Buffer, at: number, end: number): Tensor {
  const { dtype, shape } = spec
  if (dtype === 'float64') return { dtype, shape, data }
  const wide = dtype === 'int64' || dtype === 'uint64'
  if (wide && data.some(value => Math.abs(value) > EXACT)) {
    return { dtype, shape, data: bigIntegers(spec, bytes.toString('latin1', at, end)) }
  }
  return fitInput(spec, { dtype: 'float64', shape, data })
}

/** Whole numbers of 64 bits from the text of a (nested) JSON array. Throws REQUEST_INVALID for others. */
export function bigIntegers(
  { name, dtype }: Pick<DataSpec, 'name' | 'dtype'>,
  text: string,
): BigInt64Array | BigUint64Array {
  const [low, high] = dtype === 'int64' ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n]
  const values = text
    .replace(/[[\]\s]+/g, '')
    .split(',')
    .map(digits => {
      const value = /^-?\d+$/.test(digits) ? BigInt(digits) : high + 1n
      if (value >= low && value <= high) return value
      throw refuse(`The input '${name}' can't hold ${digits} as ${dtype}`)
    })
  return dtype === 'int64' ? BigInt64Array.from(values) : BigUint64Array.from(values)
}

/** Strings and booleans, whose text is parsed whole. */
function slowly(spec: DataSpec, count: number, bytes: Buffer, at: number, end: number): Tensor {
  const { name, dtype, shape } = spec
  const flat: unknown[] = []
  flatten(valueAt(bytes, at, end, MAX_BODY_BYTES), flat, 0)
  if (flat.length !== count) {
    throw refuse(`Expected ${count} elements in data of '${name}', as the shape says, found ${flat.length}`)
  }
  if (dtype === 'string') return { dtype, shape, data: flat.map(value => stringOf(name, value)) }
  if (dtype === 'bool') return { dtype, shape, data: Uint8Array.from(flat, value => flagOf(name, value)) }
  throw refuse(`Expected numbers in data of '${name}', found ${shown(flat.find(isNoNumber))}`)
}

function flatten(value: unknown, into: unknown[], depth: number): void {
  if (!Array.isArray(value)) {
    into.push(value)
    return
  }
  if (depth >= MAX_DEPTH) throw refuse(`data nests more than ${MAX_DEPTH} arrays`)
  for (const element of value) flatten(element, into, depth + 1)
}

function stringOf(name: string, value: unknown): string {
  if (typeof value === 'string' && value.isWellFormed()) return value
  throw refuse(`Expected strings in data of the BYTES input '${name}', found ${shown(value)}`)
}

function flagOf(name: string, value: unknown): number {
  if (value === true || value === 1) return 1
  if (value === false || value === 0) return 0
  throw refuse(`Expected true and false in data of the BOOL input '${name}', found ${shown(value)}`)
}

function isNoNumber(value: unknown): boolean {
  return typeof value !== 'number'
}
