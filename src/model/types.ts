import type { Dtype, Tensor } from '../core/index.ts'

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
