import type { Digest, Tensor } from '../../core/index.ts'

/** What is right for an example: a class index or a value, or a label in words. */
export type Truth = number | string

export interface ExampleBatch {
  /** One tensor for each example, without a batch axis: (28, 28) for an image. */
  readonly inputs: readonly Tensor[]
  readonly truths: readonly Truth[]
}

/** Examples with their truths, streamed in the order of the file. */
export interface Dataset {
  /** For messages: the file. */
  readonly name: string
  readonly examples: number
  /** Of the bytes of the file, or of its files. */
  readonly digest: Digest
  /** Batches of `size` examples, the last one smaller; may be read again from the start. */
  batches(size: number): AsyncGenerator<ExampleBatch, void>
  close(): Promise<void>
}

export interface DatasetOptions {
  /** Name of the array, column or key that holds the examples, where it can't be guessed. */
  readonly inputField?: string
  readonly labelField?: string
}
