import { type ByteSource, elementCount, sourceOf } from '../../../core/index.ts'
import type {
  Estimator,
  EstimatorMap,
  EstimatorObject,
  EstimatorValue,
  FilePlace,
} from '../../../formats/index.ts'
import { Refusal } from '../../refusals.ts'
import { FittedArray } from './array.ts'
import { type Cell, cellOf } from './cells.ts'
import { invalidAt, type Place } from './place.ts'
import { isKind, isList, told } from './values.ts'

export { isKind, isList, told } from './values.ts'

/** An attribute's name; of several the first that is there, for attributes that versions call differently. */
export type Names = string | readonly string[]

export interface Version {
  readonly major: number
  readonly minor: number
}

/**
 * A fitted estimator, or an object within one, with attributes that are checked as they are asked for: parameters
 * and what `fit` found alike. Each method throws CONVERT_INVALID, naming the estimator and the attribute, for what is
 * missing or of another type; a fallback, where one is given, is for what is missing only.
 */
export class Fitted {
  /** `LogisticRegression`. */
  readonly className: string
  /** `sklearn.linear_model._logistic`. */
  readonly module: string
  /** Where it is in the model: `steps.scaler`. */
  readonly path: string
  readonly #source: ByteSource
  readonly #attributes: ReadonlyMap<string, EstimatorValue>
  readonly #version: string | undefined
  readonly #arrays = new Map<EstimatorValue, FittedArray>()
  readonly #inner = new Map<EstimatorValue, Fitted>()

  constructor(source: ByteSource, value: Estimator | EstimatorObject, path: string, version?: string) {
    this.className = value.className
    this.module = value.module
    this.path = path
    this.#source = source
    this.#attributes =
      value.kind === 'estimator' ? new Map([...value.params, ...value.fitted]) : value.attributes
    this.#version = value.kind === 'estimator' ? value.version : version
  }

  /** Of the scikit-learn that wrote it: `1.2.2`. */
  get version(): string | undefined {
    return this.#version
  }

  /** Whether a version from `minor` of 1 on wrote it. An estimator that does not say its version counts as new. */
  since(minor: number): boolean {
    const [, found, second] = /^(\d+)\.(\d+)/.exec(this.#version ?? '') ?? []
    if (found === undefined) return true
    return Number(found) > 1 || (found === '1' && Number(second) >= minor)
  }

  has(names: Names): boolean {
    return this.value(names) !== undefined
  }

  /** As it stands; undefined where it is missing. */
  value(names: Names): EstimatorValue | undefined {
    for (const name of typeof names === 'string' ? [names] : names) {
      const value = this.#attributes.get(name)
      if (value !== undefined) return value
    }
    return undefined
  }

  /** Whether it is None, or missing. */
  isNone(names: Names): boolean {
    return (this.value(names) ?? null) === null
  }

  number(names: Names, fallback?: number): number {
    const value = this.#of(names, fallback)
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
      return Number(value)
    throw this.#wrong(names, value, 'a number')
  }

  /** A whole number of at least `least`. */
  integer(names: Names, fallback?: number, least = 0): number {
    const value = this.number(names, fallback)
    if (Number.isSafeInteger(value) && value >= least) return value
    throw this.invalid(names, `is ${value}, and a whole number from ${least} on is expected`)
  }

  bool(names: Names, fallback?: boolean): boolean {
    const value = this.#of(names, fallback)
    if (typeof value === 'boolean') return value
    if (value === 0 || value === 1) return value === 1
    throw this.#wrong(names, value, 'a bool')
  }

  text(names: Names, fallback?: string): string {
    const value = this.#of(names, fallback)
    if (typeof value === 'string') return value
    throw this.#wrong(names, value, 'a text')
  }

  /**
   * One of the texts that a parameter may have. Another text, and a function in its place, is a Refusal:
   * `kernel='mine'`.
   */
  choice<const T extends string>(names: Names, choices: readonly T[], fallback?: T): T {
    const value = this.#of(names, fallback)
    const found = choices.find(choice => choice === value)
    if (found !== undefined) return found
    throw new Refusal(`${nameOf(names)}=${told(value)}`, `${choices.map(told).join(', ')} can be converted.`)
  }

  /** A number, text, bool or None. */
  cell(names: Names, fallback?: Cell): Cell {
    const value = this.#of(names, fallback)
    const cell = cellOf(value)
    if (cell === undefined) throw this.#wrong(names, value, 'a simple value')
    return cell
  }

  /** A list or tuple. Elements of an array of objects count as well. */
  list(names: Names): readonly EstimatorValue[] {
    const value = this.#of(names)
    if (isList(value)) return value
    if (isKind(value, 'array') && value.objects) return value.objects
    throw this.#wrong(names, value, 'a list')
  }

  map(names: Names): EstimatorMap['entries'] {
    const value = this.#of(names)
    if (isKind(value, 'map')) return value.entries
    // OrderedDict, defaultdict.
    if (isKind(value, 'object') && value.entries.length > 0) return value.entries
    throw this.#wrong(names, value, 'a dictionary')
  }

  array(names: Names): FittedArray {
    return this.arrayOf(this.#of(names), names)
  }

  /** A value that is found in a list, as an array; `names` is for messages. */
  arrayOf(value: EstimatorValue | undefined, names: Names): FittedArray {
    if (!isKind(value, 'array')) throw this.#wrong(names, value, 'an array')
    const known = this.#arrays.get(value)
    if (known) return known
    const made = new FittedArray(this.#source, value, this.#place(names))
    this.#arrays.set(value, made)
    return made
  }

  /** A list of arrays, as `categories_` is. */
  arrays(names: Names): readonly FittedArray[] {
    return this.list(names).map(item => this.arrayOf(item, names))
  }

  /** Numbers of an array, a list or one number, in C order. With `shape`, it must have that (null: any size). */
  async floats(names: Names, shape?: readonly (number | null)[]): Promise<Float64Array> {
    const value = this.#of(names)
    if (isKind(value, 'array')) {
      const array = this.arrayOf(value, names)
      if (shape) this.checkShape(names, array, shape)
      return array.floats()
    }
    const numbers = (isList(value) ? value : [value]).map(item => {
      if (typeof item === 'number' || typeof item === 'bigint' || typeof item === 'boolean')
        return Number(item)
      throw this.#wrong(names, item, 'a number')
    })
    const expected = shape && elementCount(shape.map(size => size ?? numbers.length))
    if (expected !== undefined && expected !== numbers.length)
      throw this.invalid(names, `has ${numbers.length} elements, and [${shape}] are expected`)
    return Float64Array.from(numbers)
  }

  /** Simple values of an array or a list, in C order: categories, names. */
  async cells(names: Names): Promise<readonly Cell[]> {
    const value = this.#of(names)
    if (isKind(value, 'array')) return this.arrayOf(value, names).cells()
    return this.list(names).map(item => {
      const cell = cellOf(item)
      if (cell === undefined) throw this.#wrong(names, item, 'a simple value')
      return cell
    })
  }

  checkShape(names: Names, array: FittedArray, shape: readonly (number | null)[]): void {
    const fits =
      array.shape.length === shape.length &&
      shape.every((size, axis) => size === null || size === array.shape[axis])
    if (!fits)
      throw this.invalid(
        names,
        `has the shape [${array.shape.join(', ')}], and [${shape.map(size => size ?? 'any').join(', ')}] is expected`,
      )
  }

  /** An object that is no estimator: a tree, a kernel, a sparse matrix. */
  object(names: Names): Fitted {
    return this.innerOf(this.#of(names), names)
  }

  /** An object or estimator that is found in a list; `names` is for messages. */
  innerOf(value: EstimatorValue | undefined, names: Names): Fitted {
    if (!isKind(value, 'object') && !isKind(value, 'estimator')) throw this.#wrong(names, value, 'an object')
    const known = this.#inner.get(value)
    if (known) return known
    const path = this.path === '' ? nameOf(names) : `${this.path}.${nameOf(names)}`
    const made = new Fitted(this.#source, value, path, this.#version)
    this.#inner.set(value, made)
    return made
  }

  estimator(names: Names): Estimator {
    const value = this.#of(names)
    if (isKind(value, 'estimator')) return value
    throw this.#wrong(names, value, 'an estimator')
  }

  /** A list or array of estimators, in C order. */
  estimators(names: Names): readonly Estimator[] {
    return this.list(names).map(item => {
      if (isKind(item, 'estimator')) return item
      throw this.#wrong(names, item, 'an estimator')
    })
  }

  /**
   * Where bytes or a text stand, which may be long: in the file, or in memory where they are short. A Refusal where
   * they stand in the file in another form.
   */
  content(names: Names): Content {
    const value = this.#of(names)
    if (typeof value === 'string') return wholeOf(sourceOf(Buffer.from(value), nameOf(names)))
    if (!isKind(value, 'bytes') && !isKind(value, 'opaque'))
      throw this.#wrong(names, value, 'bytes or a text')
    if (value.place) return { source: this.#source, place: value.place }
    throw new Refusal(
      `its ${nameOf(names)} is pickled in the form of Python 2`,
      'Save it again with pickle.dump(model, file, protocol=4), or with joblib.dump.',
    )
  }

  /** CONVERT_INVALID for an attribute: `steps.scaler (StandardScaler): 'scale_' holds 0`. */
  invalid(names: Names, what: string): Error {
    return invalidAt(this.#place(names), what)
  }

  #of(names: Names, fallback?: EstimatorValue): EstimatorValue {
    const value = this.value(names) ?? fallback
    if (value === undefined) throw this.invalid(names, 'is missing')
    return value
  }

  #wrong(names: Names, value: EstimatorValue | undefined, expected: string): Error {
    return this.invalid(names, `is ${told(value)}, and ${expected} is expected`)
  }

  #place(names: Names): Place {
    return { path: this.path || 'the model', className: this.className, attribute: nameOf(names) }
  }
}

/** A part of a source. */
export interface Content {
  readonly source: ByteSource
  readonly place: FilePlace
}

function wholeOf(source: ByteSource): Content {
  return { source, place: { offset: 0, length: source.size } }
}

const nameOf = (names: Names): string => (typeof names === 'string' ? names : (names[0] ?? ''))
