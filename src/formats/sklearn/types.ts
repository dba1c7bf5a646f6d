import type { NumpyArray } from '../pickle/index.ts'

/**
 * A value of an estimator, without anything of pickle's machinery: what Python would have in memory, as plain data.
 * Ints beyond 2^53 are bigints. Tuples and lists are both lists.
 */
export type EstimatorValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly EstimatorValue[]
  | EstimatorMap
  | EstimatorArray
  | EstimatorObject
  | Estimator
  /** A class or function that is named, as `numpy.float64` in a `dtype` parameter. */
  | { readonly kind: 'name'; readonly module: string; readonly name: string }
  /** Bytes, with their place where they stand in the file as they are. */
  | { readonly kind: 'bytes'; readonly place?: FilePlace; read(): Promise<Uint8Array> }
  /**
   * An object within itself, or something that only Python's loader could tell; a text that is too long to be held, with
   * its place where it stands in the file as UTF-8.
   */
  | { readonly kind: 'opaque'; readonly what: string; readonly place?: FilePlace }

export interface FilePlace {
  readonly offset: number
  readonly length: number
}

/** A dictionary with keys of any kind, in its order. */
export interface EstimatorMap {
  readonly kind: 'map'
  readonly entries: readonly (readonly [EstimatorValue, EstimatorValue])[]
}

/** A numpy array: `readArray` and `readArrayText` of pickle/ give its elements. */
export interface EstimatorArray {
  readonly kind: 'array'
  readonly array: NumpyArray
  /** Of an array of objects: its elements in C order. */
  readonly objects?: readonly EstimatorValue[]
}

/** An object that is no estimator: a tree, a kernel, a sparse matrix, a random generator. */
export interface EstimatorObject {
  readonly kind: 'object'
  readonly module: string
  readonly className: string
  readonly args: readonly EstimatorValue[]
  readonly attributes: ReadonlyMap<string, EstimatorValue>
  /** A state that is no dictionary. */
  readonly state?: EstimatorValue
  /** Of classes derived from list and dict. */
  readonly items: readonly EstimatorValue[]
  readonly entries: EstimatorMap['entries']
}

/** An object of scikit-learn that says which version wrote it, or looks as one does. */
export interface Estimator {
  readonly kind: 'estimator'
  /** `sklearn.linear_model._logistic`. */
  readonly module: string
  /** `LogisticRegression`. */
  readonly className: string
  /** Of the scikit-learn that wrote it. */
  readonly version?: string
  /** What its constructor got. */
  readonly params: ReadonlyMap<string, EstimatorValue>
  /** What `fit` found: attributes that end or begin with an underscore. */
  readonly fitted: ReadonlyMap<string, EstimatorValue>
}
