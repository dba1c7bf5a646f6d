import type { Tensor } from '../../../core/index.ts'
import { fitInput, stackBatch, type TensorSpec } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'
import { imageInputOf } from '../image-input.ts'
import { MAX_BODY_BYTES, MAX_DEPTH, MAX_TEXTS } from '../limits.ts'
import { textOf } from '../oip/binary.ts'
import { bigIntegers } from '../oip/json-data.ts'
import { checkElements, endOfValue, valueAt } from '../oip/json-members.ts'
import { refuse, shown } from '../refuse.ts'
import { NumberValues } from './numbers.ts'

/** Decoded images are large: some megabytes each. */
const MAX_IMAGES = 256
/** Past here neighbouring whole numbers fall together in a double. */
const EXACT = Number.MAX_SAFE_INTEGER

/** The values that a request gives one input, gathered one by one. */
export interface Column {
  readonly spec: TensorSpec
  readonly count: number
  /** Reads the value at `at`; returns the offset behind it. Throws REQUEST_INVALID. */
  add(at: number): number
  /** `rows`: a leading axis for the values, each of which is one row; without it, the only value as it is. */
  tensor(rows: boolean): Tensor | Promise<Tensor>
}

export function columnFor(bytes: Buffer, spec: TensorSpec, model: ServedModel): Column {
  if (imageInputOf(model) === spec.name) {
    return new ImageColumn(bytes, spec, model)
  }
  return spec.dtype === 'string' || spec.dtype === 'bool'
    ? new ValueColumn(bytes, spec)
    : new NumberColumn(bytes, spec)
}

class NumberColumn implements Column {
  readonly spec: TensorSpec
  readonly #bytes: Buffer
  readonly #values: NumberValues
  /** Where values of 64 bits stand: their last digits may be wanted. */
  readonly #spans: (readonly [start: number, end: number])[] = []
  readonly #wide: boolean
  #count = 0

  constructor(bytes: Buffer, spec: TensorSpec) {
    this.spec = spec
    this.#bytes = bytes
    this.#values = new NumberValues(bytes, spec.name, spec.dtype)
    this.#wide = spec.dtype === 'int64' || spec.dtype === 'uint64'
  }

  get count(): number {
    return this.#count
  }

  add(at: number): number {
    const end = this.#values.add(at)
    if (end === undefined) {
      const found = this.#bytes.toString('latin1', at, at + 40)
      throw refuse(`Expected numbers for the input '${this.spec.name}', found ${JSON.stringify(found)}`)
    }
    if (this.#wide) this.#spans.push([at, end])
    this.#count++
    return end
  }

  tensor(rows: boolean): Tensor {
    const { data } = this.#values
    const shape = rows ? [this.#count, ...this.#values.shape] : this.#values.shape
    if (data instanceof Float32Array) return { dtype: 'float32', shape, data }
    if (this.spec.dtype === 'float64') return { dtype: 'float64', shape, data }
    if (this.#wide && data.some(value => Math.abs(value) > EXACT)) {
      const text = this.#spans.map(([start, end]) => this.#bytes.toString('latin1', start, end)).join()
      return { dtype: this.spec.dtype, shape, data: bigIntegers(this.spec, text) }
    }
    return fitInput({ ...this.spec, shape }, { dtype: 'float64', shape, data })
  }
}

/** Texts and booleans: their JSON is parsed. Bytes come as `{"b64": …}`. */
class ValueColumn implements Column {
  readonly spec: TensorSpec
  readonly #bytes: Buffer
  readonly #sizes: (number | undefined)[] = []
  readonly #flat: unknown[] = []
  #leaf: number | undefined
  #count = 0

  constructor(bytes: Buffer, spec: TensorSpec) {
    this.spec = spec
    this.#bytes = bytes
  }

  get count(): number {
    return this.#count
  }

  add(at: number): number {
    const end = endOfValue(this.#bytes, at)
    checkElements(this.#bytes, at, end, MAX_TEXTS - this.#flat.length)
    this.#flatten(valueAt(this.#bytes, at, end, MAX_BODY_BYTES), 0)
    this.#count++
    return end
  }

  tensor(rows: boolean): Tensor {
    const { name, dtype } = this.spec
    const sizes = this.#sizes.slice(1).map(size => size ?? 0)
    const shape = rows ? [this.#count, ...sizes] : sizes
    if (dtype === 'string') return { dtype, shape, data: this.#flat.map(value => textOfJson(name, value)) }
    return { dtype: 'bool', shape, data: Uint8Array.from(this.#flat, value => flagOfJson(name, value)) }
  }

  #flatten(value: unknown, depth: number): void {
    if (!Array.isArray(value)) {
      this.#leaf ??= depth
      if (this.#leaf !== depth) throw this.#ragged()
      this.#flat.push(value)
      return
    }
    if (depth >= MAX_DEPTH) throw refuse(`A value nests more than ${MAX_DEPTH} arrays`)
    if (this.#leaf !== undefined && depth >= this.#leaf) throw this.#ragged()
    for (const element of value) this.#flatten(element, depth + 1)
    this.#sizes[depth + 1] ??= value.length
    if (this.#sizes[depth + 1] !== value.length) throw this.#ragged()
  }

  #ragged(): Error {
    return refuse(
      `The values of '${this.spec.name}' are ragged`,
      'All arrays of one depth must have the same size.',
    )
  }
}

/** What the model's preprocessing makes of images in base64; arrays of numbers are taken as the tensor itself. */
class ImageColumn implements Column {
  readonly spec: TensorSpec
  readonly #bytes: Buffer
  readonly #model: ServedModel
  readonly #numbers: NumberColumn
  readonly #images: Buffer[] = []

  constructor(bytes: Buffer, spec: TensorSpec, model: ServedModel) {
    this.spec = spec
    this.#bytes = bytes
    this.#model = model
    this.#numbers = new NumberColumn(bytes, spec)
  }

  get count(): number {
    return this.#images.length + this.#numbers.count
  }

  add(at: number): number {
    if (!isBase64At(this.#bytes, at)) return this.#numbers.add(at)
    const end = endOfValue(this.#bytes, at)
    const image = bytesOfBase64(this.spec.name, valueAt(this.#bytes, at, end, MAX_BODY_BYTES))
    if (this.#images.push(image) > MAX_IMAGES) throw refuse(`The request has more than ${MAX_IMAGES} images`)
    return end
  }

  tensor(rows: boolean): Tensor | Promise<Tensor> {
    if (this.#images.length === 0) return this.#numbers.tensor(rows)
    if (this.#numbers.count > 0) throw refuse('Some instances are images, others arrays', 'Send them apart.')
    return this.#decoded()
  }

  async #decoded(): Promise<Tensor> {
    const { preprocessor } = this.#model
    const rows: Tensor[] = []
    // One after the other: each takes the memory of its pixels.
    for (const image of this.#images) rows.push(await preprocessor.fromImage(image))
    return stackBatch(rows)
  }
}

const B64 = /^\{\s*"b64"\s*:/
/** Room for the opening of an object whose first member is b64. */
const B64_BYTES = 64

/** Whether the value at `at` is `{"b64": …}`. */
export function isBase64At(bytes: Buffer, at: number): boolean {
  return B64.test(bytes.toString('latin1', at, at + B64_BYTES))
}

function textOfJson(name: string, value: unknown): string {
  if (typeof value === 'string' && value.isWellFormed()) return value
  if (typeof value === 'object' && value !== null) return textOf(name, bytesOfBase64(name, value))
  throw refuse(`Expected texts for the input '${name}', found ${shown(value)}`)
}

function flagOfJson(name: string, value: unknown): number {
  if (value === true || value === 1) return 1
  if (value === false || value === 0) return 0
  throw refuse(`Expected true and false for the input '${name}', found ${shown(value)}`)
}

function bytesOfBase64(name: string, value: unknown): Buffer {
  const members: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : {}
  const text = members['b64']
  const only = Object.keys(members).length === 1
  if (only && typeof text === 'string' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) {
    return Buffer.from(text, 'base64')
  }
  throw refuse(`Expected {"b64": "<base64>"} for the input '${name}', found ${shown(value)}`)
}
