import type { Digest, Json, Tensor, Tensors } from '../../core/index.ts'
import type { EvaluateError } from '../errors.ts'

/** What is right for an example: a class index or a value, or a label in words. */
export type Truth = number | string

/** A row of a table but for its truth, for models that take columns; others take its numbers. */
export interface TableExample {
  /** Of the values: the very same list for rows that have the same. */
  readonly names: readonly string[]
  readonly values: readonly Json[]
  /** For messages: file and line. */
  readonly where: string
  /** The example as a tensor. Throws DATASET_UNFIT and DATASET_FIELD_MISSING. */
  tensor(): Tensor
}

/** An example of several tensors, for models of several inputs: by their names, without a batch axis. */
export interface NamedTensors {
  readonly tensors: Tensors
}

export type ExampleInput = Tensor | TableExample | NamedTensors

export function isTable(example: ExampleInput): example is TableExample {
  return 'names' in example
}

export function isNamed(example: ExampleInput): example is NamedTensors {
  return 'tensors' in example
}

export interface ExampleBatch {
  /** One for each example; a tensor has no batch axis: (28, 28) for an image. */
  readonly inputs: readonly ExampleInput[]
  readonly truths: readonly Truth[]
}

/** Examples with their truths, streamed in the order of the file. */
export interface Dataset {
  /** For messages: the file. */
  readonly name: string
  readonly examples: number
  /** Of the bytes of the file, or of its files. */
  readonly digest: Digest
  /** Why rows of a table are no tensors, where they are not: they are for models that take columns only. */
  readonly notTensors?: EvaluateError
  /** Batches of `size` examples, the last one smaller; may be read again from the start. */
  batches(size: number): AsyncGenerator<ExampleBatch, void>
  close(): Promise<void>
}

export interface DatasetOptions {
  /** Name of the array, column or key that holds the examples, where it can't be guessed. */
  readonly inputField?: string
  readonly labelField?: string
  /** Rows of a table may hold what is no number: whoever evaluates a model with columns takes them. */
  readonly rows?: 'allowed'
}
