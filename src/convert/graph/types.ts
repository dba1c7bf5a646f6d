import type { OnnxAttribute, OnnxDtype, OnnxGraph, OnnxTensor } from '../../formats/index.ts'

/** A size, the name of a free axis (`N`), or null where it is free and has no name. */
export type Size = number | string | null
export type Shape = readonly Size[]

/**
 * An element that is known while converting: a number, a text; of int64 and int32 also the name of a free axis, as
 * `Shape` gives it. Null where it is not known.
 */
export type Element = number | string | null

/** Type of a tensor between nodes. */
export interface ValueType {
  readonly dtype: OnnxDtype
  /** Absent where the rank is not known. */
  readonly shape?: Shape
}

/** A tensor of the graph that is made: an input, a weight, or what a node gives. */
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

/** Whose work a node does, in the user's words: messages name it, and nodes carry it. */
export interface Source {
  /** `block1_conv1`, `model/dense/MatMul`, `steps.scaler`. */
  readonly name: string
  /** `Conv2D`, `StandardScaler`. */
  readonly kind: string
}

export type Attributes = Readonly<Record<string, OnnxAttribute>>

export interface OpOptions {
  readonly attributes?: Attributes
  /** Default: ONNX's own operators. */
  readonly domain?: Domain
  /** Types of the outputs, where the source knows them better than `inferTypes` does, or that has no rule. */
  readonly types?: readonly ValueType[]
}

export const DOMAINS = ['', 'ai.onnx.ml', 'com.microsoft'] as const
export type Domain = (typeof DOMAINS)[number]

/**
 * Where nodes are added to. `at` gives the same graph under another source, so that each converter of a layer or op
 * works on an emitter of its own, also across awaits.
 */
export interface Emitter {
  readonly source: Source
  at(source: Source): Emitter
  /** A node with one output. Where all that it computes is known already, no node is made. */
  op(op: string, inputs: readonly (Value | undefined)[], options?: OpOptions): Value
  /** A node with `outputs` outputs. */
  ops(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: number,
    options?: OpOptions,
  ): readonly Value[]
  /** A weight: its elements may be read when the model is written. One made twice of the same `data` is kept once. */
  weight(tensor: Omit<OnnxTensor, 'name'>, name?: string): Value
  /** A small constant. Equal ones are kept once. */
  constant(dtype: OnnxDtype, shape: readonly number[], elements: readonly (number | bigint | string)[]): Value
  scalar(dtype: OnnxDtype, element: number | bigint | string): Value
  /** int64 in one axis, as Reshape, Slice and others take. */
  ints(elements: readonly number[]): Value
  /** The body of a Loop, Scan or If: it sees the values of the graph around it. */
  body(
    name: string,
    inputs: readonly ValueType[],
    make: (emitter: Emitter, inputs: readonly Value[]) => Promise<readonly Value[]>,
  ): Promise<OnnxGraph>
}
