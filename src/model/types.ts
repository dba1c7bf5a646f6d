import type { Dtype, Tensor } from '../core/index.ts'
import type { TableColumn } from './table/types.ts'

export const TASKS = ['image-classification', 'classification', 'regression', 'generic'] as const
export type Task = (typeof TASKS)[number]

/**
 * Preprocessing, versioned with the model: an image's bytes to the model's input, step by step. The one
 * interpreter in this part runs it wherever the model runs: evaluation, warm-up, serving.
 */
export type PreprocessStep =
  | { readonly kind: 'decode'; readonly what: 'image' }
  | { readonly kind: 'grayscale' }
  | { readonly kind: 'invert' }
  /** Pixels. */
  | {
      readonly kind: 'resize'
      readonly width: number
      readonly height: number
      readonly fit: 'fill' | 'cover' | 'contain'
    }
  | { readonly kind: 'crop'; readonly width: number; readonly height: number }
  /** Every value times `factor`; 1/255 maps bytes to 0…1. */
  | { readonly kind: 'scale'; readonly factor: number }
  /** (x − mean) / std, a value for each channel. */
  | { readonly kind: 'normalize'; readonly mean: readonly number[]; readonly std: readonly number[] }
  /** Order of the axes of the tensor made; default nchw. */
  | { readonly kind: 'layout'; readonly order: 'nchw' | 'nhwc' | 'hw' }

export const SCORE_RULES = ['auto', 'softmax', 'sigmoid', 'none'] as const

/** How an output becomes an answer, where the defaults of the task are not meant. */
export interface AnswerRule {
  /**
   * From what a classifier gives to probabilities. `auto`: what are probabilities already stays, a softmax of all
   * else (a sigmoid of a single value, and of each where there are many classes). `none`: they stay as they are.
   */
  readonly scores?: (typeof SCORE_RULES)[number]
  /** How many of the best classes are listed; default 5. */
  readonly topK?: number
  /** An example has one class (the default), or any number of them, each by itself. */
  readonly classes?: 'one' | 'many'
  /** The score from which a class counts: of many, or the second of two. Default 0.5. */
  readonly threshold?: number
  /** Names of a regression's values, in order. */
  readonly names?: readonly string[]
  /** Outputs that are told beside the answer, by their names. */
  readonly outputs?: readonly string[]
}

/** How a model's bytes become predictions: part of a version's digest. */
export interface ModelConfig {
  readonly name: string
  readonly task: Task
  /** Class names, by output index. Empty when the model has none. */
  readonly labels: readonly string[]
  readonly preprocess: readonly PreprocessStep[]
  /** Which input takes the preprocessed tensor; default: the only one. */
  readonly input?: string
  /** Which output holds the scores or values; default: the first. */
  readonly output?: string
  /** Of tables, in the order of the model's features; default: what the signature tells. */
  readonly columns?: readonly TableColumn[]
  readonly answer?: AnswerRule
}

/** One input or output of a model. A dimension is a size, or a name (`N`) or null where it is free. */
export interface TensorSpec {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly (number | string | null)[]
}

export interface ModelSignature {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
}

/** A loaded model. `run` is synchronous inside the native library: call it where blocking costs nobody. */
export interface ModelSession {
  readonly signature: ModelSignature
  run(
    inputs: Readonly<Record<string, Tensor>>,
    outputs?: readonly string[],
  ): Promise<Readonly<Record<string, Tensor>>>
  close(): Promise<void>
}
