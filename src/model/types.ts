import type { Dtype, Tensor } from '../core/index.ts'
import type { AnswerRule } from './answer.ts'
import type { TableColumn } from './table/types.ts'

export const TASKS = ['image-classification', 'classification', 'regression', 'generic'] as const
export type Task = (typeof TASKS)[number]

export const RESIZE_FILTERS = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos', 'area'] as const
export type ResizeFilter = (typeof RESIZE_FILTERS)[number]

/** Libraries that resize each in their own way. */
export const RESIZE_LIKES = ['pillow', 'opencv', 'tensorflow', 'torch'] as const
export type ResizeLike = (typeof RESIZE_LIKES)[number]

/** Bytes of red, green and blue, or of gray: one for all channels. */
export type Color = readonly number[]

/** How a resize computes pixels; what is not given is bilinear like Pillow. */
export interface HowToResize {
  readonly filter?: ResizeFilter
  readonly like?: ResizeLike
  /** TensorFlow and PyTorch only. */
  readonly antialias?: boolean
}

/**
 * Preprocessing, versioned with the model: an image's bytes to the model's input, step by step. The one
 * interpreter in this part runs it wherever the model runs: evaluation, warm-up, serving.
 */
export type PreprocessStep =
  | {
      readonly kind: 'decode'
      readonly what: 'image'
      /** A large JPEG is decoded at a half, a quarter or an eighth of its size, where the first resize allows it. */
      readonly speed?: 'fast'
      /** What shows behind transparent pixels; without it alpha is dropped. */
      readonly background?: Color
    }
  | { readonly kind: 'grayscale' }
  | { readonly kind: 'invert' }
  /** Order of the colours. */
  | { readonly kind: 'channels'; readonly order: 'rgb' | 'bgr' }
  /** To a size in pixels. */
  | ({
      readonly kind: 'resize'
      readonly width: number
      readonly height: number
      /** letterbox: contain as YOLO has it, on gray. */
      readonly fit: 'fill' | 'cover' | 'contain' | 'letterbox'
      /** Around what is contained; default black, 114 of a letterbox. */
      readonly fill?: Color
    } & HowToResize)
  /** The shorter side to so many pixels, the longer one in proportion. */
  | ({ readonly kind: 'resize'; readonly shortest: number } & HowToResize)
  /** The middle; or the box whose upper left corner is (x, y). */
  | {
      readonly kind: 'crop'
      readonly width: number
      readonly height: number
      readonly x?: number
      readonly y?: number
    }
  /** Grows the image: to a square, a size, or the next multiples of a number. */
  | {
      readonly kind: 'pad'
      readonly to:
        | 'square'
        | { readonly width: number; readonly height: number }
        | { readonly multiple: number }
      readonly fill: Color
      readonly align: 'center' | 'start'
    }
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
