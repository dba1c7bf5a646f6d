import type { TensorDtype } from '../../../../formats/index.ts'
import type { Fitted, FittedArray } from '../../estimator.ts'

const READERS: Readonly<Partial<Record<TensorDtype, (view: DataView, at: number) => number>>> = {
  bool: (view, at) => view.getUint8(at),
  uint8: (view, at) => view.getUint8(at),
  int8: (view, at) => view.getInt8(at),
  uint16: (view, at) => view.getUint16(at, true),
  int16: (view, at) => view.getInt16(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  int32: (view, at) => view.getInt32(at, true),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  uint64: (view, at) => Number(view.getBigUint64(at, true)),
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
}

/** Fields of an array of records, each read as numbers; types differ by platform and release. */
export class Records {
  readonly length: number
  readonly #owner: Fitted
  readonly #name: string
  readonly #array: FittedArray
  readonly #view: DataView

  private constructor(owner: Fitted, name: string, array: FittedArray, bytes: Uint8Array) {
    this.#owner = owner
    this.#name = name
    this.#array = array
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.length = array.size
  }

  /** Throws CONVERT_INVALID where the attribute is no array of records in one axis, or an empty one. */
  static async of(owner: Fitted, name: string): Promise<Records> {
    const array = owner.array(name)
    owner.checkShape(name, array, [null])
    if (array.fields.length === 0 || array.size === 0) throw owner.invalid(name, 'has no records')
    return new Records(owner, name, array, await array.bytes())
  }

  has(field: string): boolean {
    return this.#array.fields.some(({ name }) => name === field)
  }

  floats(field: string): Float64Array {
    return this.#read(field, new Float64Array(this.length))
  }

  /** Numbers beyond int32 become −1, which is no place. */
  ints(field: string): Int32Array {
    const all = this.floats(field)
    return Int32Array.from(all, value => (value === (value | 0) ? value : -1))
  }

  flags(field: string): Uint8Array {
    return this.#read(field, new Uint8Array(this.length))
  }

  #read<Into extends Float64Array | Uint8Array>(field: string, into: Into): Into {
    const found = this.#array.fields.find(({ name }) => name === field)
    const read = found && READERS[found.dtype]
    if (!found || !read || found.shape.length > 0)
      throw this.#owner.invalid(this.#name, `has no numbers '${field}' in its records`)
    const { itemBytes } = this.#array
    for (let i = 0; i < this.length; i++) into[i] = read(this.#view, i * itemBytes + found.offset)
    return into
  }
}
