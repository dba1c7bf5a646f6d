import type {
  Attributes,
  Domain,
  OnnxDtype,
  OnnxGraph,
  OnnxTensor,
  Value,
  ValueType,
} from '../../formats/index.ts'

export type { Attributes, Domain, Element, Shape, Size, Value, ValueType } from '../../formats/index.ts'

/** Whose work a node does, in the user's words: messages name it, and nodes carry it. */
export interface Source {
  /** `block1_conv1`, `model/dense/MatMul`, `steps.scaler`. */
  readonly name: string
  /** `Conv2D`, `StandardScaler`. */
  readonly kind: string
}

export interface OpOptions {
  readonly attributes?: Attributes
  /** Default: ONNX's own operators. */
  readonly domain?: Domain
  /** Types of the outputs, where the source knows them better than `inferTypes` does, or that has no rule. */
  readonly types?: readonly ValueType[]
}

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
