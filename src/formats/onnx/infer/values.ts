import type { OnnxDtype } from '../types.ts'
import type { OnnxAttribute, OnnxTensor } from '../write/types.ts'

/** A size, the name of a free axis (`N`), or null where it is free and has no name. */
export type Size = number | string | null
export type Shape = readonly Size[]

/**
 * An element that is known without running: a number, a text; of int64 and int32 also the name of a free axis, as
 * `Shape` gives it. Null where it is not known.
 */
export type Element = number | string | null

/** Type of a tensor between nodes. */
export interface ValueType {
  readonly dtype: OnnxDtype
  /** Absent where the rank is not known. */
  readonly shape?: Shape
}

/** A tensor of a graph: an input, a weight, or what a node gives. */
export interface Value extends ValueType {
  readonly name: string
  /**
   * Elements in C order, where they are few (`MAX_KNOWN`) and wholly or partly known: constants, and what was
   * computed from constants and shapes.
   */
  readonly known?: readonly Element[]
  /** Of a weight or constant: where its elements are. */
  readonly tensor?: OnnxTensor
}

export type Attributes = Readonly<Record<string, OnnxAttribute>>

/** Domains whose operators are known. */
export const DOMAINS = ['', 'ai.onnx.ml', 'com.microsoft'] as const
export type Domain = (typeof DOMAINS)[number]
