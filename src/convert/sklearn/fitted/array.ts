import { type ByteSource, elementCount } from '../../../core/index.ts'
import {
  type EstimatorArray,
  loadReader,
  type RecordField,
  type TensorDtype,
} from '../../../formats/index.ts'
import { type Cell, cellOf } from './cells.ts'
import { converted, type NumberDtype, numbersIn } from './numbers.ts'
import { invalidAt, limitAt, type Place } from './place.ts'

/** Elements that are read whole into memory: a vocabulary's weights, the nodes of one tree. Larger ones are streamed. */
const MAX_READ = 32 * 1024 * 1024

/** A numpy array of an estimator. Its elements stay in the file until they are asked for. */
export class FittedArray {
  /** Of the elements as stored: `float64`, `int64`, `string`, `object`, `record` … */
  readonly dtype: TensorDtype
  readonly shape: readonly number[]
  readonly size: number
  /** Of `record`: each element's fields, by their places in `itemBytes`. */
  readonly fields: readonly RecordField[]
  readonly itemBytes: number
  readonly #source: ByteSource
  readonly #value: EstimatorArray
  readonly #place: Place
  readonly #streams = new Map<NumberDtype, () => AsyncIterable<Uint8Array>>()

  constructor(source: ByteSource, value: EstimatorArray, place: Place) {
    const { dtype, shape } = value.array
    this.dtype = dtype.dtype
    this.shape = shape
    this.size = elementCount(shape)
    this.fields = dtype.fields ?? []
    this.itemBytes = dtype.itemBytes
    this.#source = source
    this.#value = value
    this.#place = place
  }

  /** Numbers in C order. Bools are 0 and 1; whole numbers beyond 2^53 are rounded. */
  async floats(): Promise<Float64Array> {
    this.#checkSize()
    const { objects } = this.#value
    if (objects) return Float64Array.from(await this.cells(), cell => this.#number(cell))
    const all = new Float64Array(this.size)
    let at = 0
    for await (const piece of this.#pieces()) {
      const numbers = numbersIn(this.dtype, piece)
      if (!numbers) throw this.#invalid(`holds ${this.dtype}, and numbers are expected`)
      all.set(numbers, at)
      at += numbers.length
    }
    return all
  }

  /** Whole numbers in C order. */
  async integers(): Promise<readonly number[]> {
    const numbers = Array.from(await this.floats())
    const odd = numbers.find(number => !Number.isSafeInteger(number))
    if (odd !== undefined) throw this.#invalid(`holds ${odd}, and whole numbers are expected`)
    return numbers
  }

  /** Elements of any simple type in C order: categories, classes. */
  async cells(): Promise<readonly Cell[]> {
    this.#checkSize()
    const { objects, array } = this.#value
    if (objects)
      return objects.map(object => {
        const cell = cellOf(object)
        if (cell === undefined) throw this.#invalid('holds objects, and numbers or texts are expected')
        return cell
      })
    if (this.dtype !== 'string') {
      const numbers = Array.from(await this.floats())
      return this.dtype === 'bool' ? numbers.map(number => number !== 0) : numbers
    }
    const { readArrayText } = await loadReader.pickle()
    const texts: string[] = []
    for await (const text of readArrayText(this.#source, array)) texts.push(text)
    return texts
  }

  /** The bytes of records, `itemBytes` each, little-endian; `fields` says what is in them. */
  async bytes(): Promise<Uint8Array> {
    this.#checkSize()
    const pieces: Uint8Array[] = []
    for await (const piece of this.#pieces()) pieces.push(Uint8Array.from(piece))
    return Buffer.concat(pieces)
  }

  /**
   * Elements as a weight's data, read and converted when the model is written: `emitter.weight({ dtype: 'float32',
   * shape, data: array.stream('float32') })`. The same function each time, so that equal weights are kept once.
   */
  stream(dtype: NumberDtype): () => AsyncIterable<Uint8Array> {
    const known = this.#streams.get(dtype)
    if (known) return known
    const made = (): AsyncIterable<Uint8Array> => this.#converted(dtype)
    this.#streams.set(dtype, made)
    return made
  }

  async *#converted(dtype: NumberDtype): AsyncGenerator<Uint8Array, void> {
    for await (const piece of this.#pieces()) {
      const bytes = converted(this.dtype, piece, dtype)
      if (!bytes) throw this.#invalid(`holds ${this.dtype}, and numbers are expected`)
      yield bytes
    }
  }

  async *#pieces(): AsyncGenerator<Uint8Array, void> {
    const { readArray } = await loadReader.pickle()
    yield* readArray(this.#source, this.#value.array)
  }

  #checkSize(): void {
    if (this.size > MAX_READ) throw limitAt(this.#place, `has ${this.size} elements, more than ${MAX_READ}`)
  }

  #number(cell: Cell): number {
    if (cell === null) return Number.NaN
    if (typeof cell === 'string') throw this.#invalid(`holds the text '${cell.slice(0, 50)}'`)
    return Number(cell)
  }

  #invalid(what: string): Error {
    const { data } = this.#value.array
    return invalidAt(this.#place, what, data && 'offset' in data ? data.offset : undefined)
  }
}
