import type { ModelFormat, OnnxModel, OpenedModel } from '../formats/index.ts'
import type { SourceMapping } from './graph/builder.ts'

/** A model in ONNX, not written yet: its weights are read from the original when it is. */
export interface Conversion {
  readonly model: OnnxModel
  /** Which nodes do the work of each layer, op or estimator of the original. */
  readonly mapping: readonly SourceMapping[]
  /** What its owner should know: outputs that were renamed, types that were widened. */
  readonly notes: readonly string[]
  /** Of a classifier: the output that holds a score for each class. */
  readonly scores?: string
  /** Of a classifier: its classes as text, by the index of their scores. */
  readonly classes?: readonly string[]
  /**
   * Of a quantized model: by output, the distance of neighbouring answers. What lies between two may be rounded either
   * way, so parity allows one.
   */
  readonly steps?: Readonly<Record<string, number>>
  /** Gives back what reading the original takes; call it when the model has been written. */
  close?(): Promise<void>
}

export interface ConvertOptions {
  /** Of a SavedModel: which signature; default `serving_default`. */
  readonly signature?: string
}

/**
 * Makes ONNX of an opened model. Throws ConvertError: CONVERT_UNSUPPORTED with everything that can't be converted,
 * CONVERT_INVALID where parts of the model contradict each other; and what its reader throws.
 */
export type Converter = (model: OpenedModel, options: ConvertOptions) => Promise<Conversion>

/** What a converter covers, for docs/ and `ballast convert --list-ops`. */
export interface Coverage {
  /** `Keras layers`, `TensorFlow ops`. */
  readonly title: string
  readonly formats: readonly ModelFormat[]
  readonly items: readonly CoveredItem[]
}

export interface CoveredItem {
  readonly name: string
  /** `limits`: converted with what `note` says. `refused`: known, and never converted. */
  readonly support: 'full' | 'limits' | 'refused'
  readonly note?: string
}
