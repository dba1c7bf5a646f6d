import type { OnnxDtype } from '../../formats/index.ts'
import type { Emitter, Shape, Value } from '../graph/types.ts'

/*
 * How to add an op.
 *
 * A converter gets a call of one op and gives the op's outputs, in order:
 *
 *   const leakyRelu: Convert = ({ emitter, inputs: [x], attributes }) =>
 *     emitter.op('LeakyRelu', [x!], { attributes: { alpha: { float: attributes.float('alpha', 0.2) } } })
 *
 * It stands in the table of its family in `ops/`, by the op's name as TensorFlow has it, and the table in
 * `ops/index.ts`. What is not converted whole has its limit said beside it, for docs/:
 *
 *   export const activations: OpTable = {
 *     LeakyRelu: { convert: leakyRelu },
 *     Softmax: { convert: softmax, limits: 'along the last axis' },
 *   }
 *
 * - `inputs` are values only: orders (`^name`) are dropped; resources, lists, tables and control flow never come here.
 *   There are as many as the op declares, and lists (Pack, AddN, IdentityN) stand one behind the other.
 * - TensorFlow leaves attributes out that have their default, so each access names the op's default. Without one, a
 *   missing attribute is CONVERT_INVALID.
 * - What the op takes as an input and ONNX as an attribute (axes, sizes, permutations) is read with `constant`, which
 *   refuses where it is not known while converting. What ONNX takes as an input too (Reshape's shape, Slice's begin)
 *   stays a value: it may be computed.
 * - What has no ONNX form throws `Refusal` with the value that stands in the way. The rest of the graph is looked at
 *   all the same.
 * - An output that nobody uses may be undefined, or be left out behind the last: `isUsed` says.
 * - Types of outputs are TensorFlow's: an int32 shape is an int32 tensor, so ONNX's int64 is cast at once.
 */

/** An op of a graph, to be made ONNX. */
export interface OpCall {
  /** `MatMul`, as TensorFlow has it. */
  readonly op: string
  /** Where it stands, in the user's words: `model/dense/MatMul`. */
  readonly name: string
  /** Adds nodes in the op's name. */
  readonly emitter: Emitter
  readonly inputs: readonly Value[]
  readonly attributes: OpAttributes
  /** Whether anything takes the output of this number. */
  isUsed(output: number): boolean
  /**
   * The elements of an input that is the same for all calls of the model. Throws Refusal where it is computed from
   * the model's inputs, and CONVERT_LIMIT above `MAX_CONSTANT` elements.
   */
  constant(input: number): Promise<Constant>
  /** `constant` of integers: axes, sizes. A scalar gives one. */
  integers(input: number): Promise<readonly number[]>
}

/** Elements in C order: bigint beyond 2^53, text for strings, 0 and 1 for booleans. */
export interface Constant {
  readonly dtype: OnnxDtype
  readonly shape: readonly number[]
  readonly elements: readonly (number | bigint | string)[]
}

/**
 * What a node says of its op. Each access gives `fallback` where the node does not have the attribute; CONVERT_INVALID
 * where there is no fallback, or the attribute is of another kind.
 */
export interface OpAttributes {
  has(name: string): boolean
  int(name: string, fallback?: number): number
  float(name: string, fallback?: number): number
  bool(name: string, fallback?: boolean): boolean
  text(name: string, fallback?: string): string
  /** Throws Refusal for types without an ONNX form (resources, float8e4m3b11). */
  dtype(name: string, fallback?: OnnxDtype): OnnxDtype
  /** Undefined where the rank is not known. Free axes are null. */
  shape(name: string, fallback?: Shape): Shape | undefined
  ints(name: string, fallback?: readonly number[]): readonly number[]
  floats(name: string, fallback?: readonly number[]): readonly number[]
  texts(name: string, fallback?: readonly string[]): readonly string[]
  dtypes(name: string, fallback?: readonly OnnxDtype[]): readonly OnnxDtype[]
  shapes(name: string, fallback?: readonly Shape[]): readonly (Shape | undefined)[]
}

export type OpResult = Value | readonly (Value | undefined)[]

export type Convert = (call: OpCall) => OpResult | Promise<OpResult>

export interface OpConverter {
  readonly convert: Convert
  /** What of the op is refused, for docs/: `NHWC only`. Absent where all of it is converted. */
  readonly limits?: string
}

/** Converters by the op's name. */
export type OpTable = Readonly<Record<string, OpConverter>>
