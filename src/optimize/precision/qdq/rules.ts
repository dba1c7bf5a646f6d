import type { OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { intOf } from '../../graph/nodes.ts'
import type { Placed, Wish } from './types.ts'

/** What rules ask about the graph as it stands. */
export interface Standing {
  readonly opset: number
  readonly symmetric: boolean
  readonly perChannel: boolean
  /** A constant float32 tensor. */
  constant(name: string): OnnxTensor | undefined
  /** Whether a value was wished for by a node before. */
  marked(name: string): boolean
  /** Whether the places of the output stand for a Relu or Clip. */
  foldable(input: string, output: string): boolean
  /** A number that a constant of one element holds; undefined where it is not known. */
  scalar(name: string): number | undefined
}

/** `node` is as it was, `placed` as it stands. */
export type Rule = (placed: Placed, standing: Standing, node: OnnxNode) => readonly Wish[]

const activation = (value: string): Wish => ({ kind: 'activation', value })

/** All inputs and outputs, each for itself. */
const each: Rule = ({ inputs, outputs }) => [...inputs, ...outputs].map(activation)

/** Values are moved and not computed: the output lies on the places of the input, where that has some. */
const moved: Rule = ({ inputs, outputs }, standing) =>
  standing.marked(inputs[0]!) ? [{ kind: 'like', value: outputs[0]!, of: inputs[0]! }] : []

const since =
  (opset: number, rule: Rule): Rule =>
  (placed, standing, node) =>
    standing.opset < opset ? [] : rule(placed, standing, node)

type Weighted = Wish & { readonly kind: 'weight' }

/** A weight along an axis, where there is such an axis and scales by channel are asked for. */
function weighted(value: string, axis: number, standing: Standing): Weighted {
  const tensor = standing.constant(value)
  return standing.perChannel && tensor && axis < tensor.shape.length
    ? { kind: 'weight', value, axis }
    : { kind: 'weight', value }
}

function biased(
  bias: string | undefined,
  input: string,
  weight: Weighted,
  standing: Standing,
): readonly Wish[] {
  return bias && standing.constant(bias)
    ? [{ ...weight, kind: 'bias', value: bias, input, weight: weight.value }]
    : []
}

const convolution =
  (axis: number): Rule =>
  ({ inputs, outputs }, standing) => {
    const [input, weight, bias] = inputs
    const wish = weighted(weight!, axis, standing)
    return [activation(input!), activation(outputs[0]!), wish, ...biased(bias, input!, wish, standing)]
  }

const gemm: Rule = (placed, standing, node) =>
  convolution(intOf(node, 'transB') > 0 ? 0 : 1)(placed, standing, node)

const matMul: Rule = ({ inputs, outputs }, standing) =>
  [...inputs, ...outputs].map(value =>
    standing.constant(value) ? weighted(value, 1, standing) : activation(value),
  )

const normalization: Rule = ({ inputs, outputs }, standing) => {
  const [input, scale, bias] = inputs
  const wish = weighted(scale!, 1, standing)
  return [activation(input!), wish, ...biased(bias, input!, wish, standing), ...outputs.map(activation)]
}

const removable: Rule = ({ inputs, outputs }, standing) => {
  const [input, output] = [inputs[0]!, outputs[0]!]
  if (!standing.marked(input)) return []
  const first: Wish =
    !standing.symmetric && standing.foldable(input, output)
      ? { kind: 'fold', value: output, input }
      : activation(input)
  return [first, activation(output)]
}

const gather: Rule = (placed, standing, node) => {
  const [table, output] = [placed.inputs[0]!, placed.outputs[0]!]
  return standing.constant(table)
    ? [activation(table), { kind: 'like', value: output, of: table }]
    : moved(placed, standing, node)
}

/** Modes that repeat numbers which are there. */
const REPEATING: readonly string[] = ['reflect', 'edge', 'wrap']

const pad: Rule = ({ inputs, outputs }, standing, { attributes = {} }) => {
  const [input, , value] = inputs
  const { mode } = attributes
  const text = mode && 'text' in mode ? mode.text : 'constant'
  const zero = text === 'constant' && (!value || standing.scalar(value) === 0)
  return [
    ...inputs.map(activation),
    // 0 is a place of every range.
    zero || REPEATING.includes(text)
      ? { kind: 'like', value: outputs[0]!, of: input! }
      : activation(outputs[0]!),
  ]
}

const split: Rule = ({ inputs, outputs }) => [
  activation(inputs[0]!),
  ...outputs.map(value => ({ kind: 'like', value, of: inputs[0]! }) as const),
]

const where: Rule = ({ inputs, outputs }, standing) =>
  standing.marked(inputs[1]!) && standing.marked(inputs[2]!) ? outputs.map(activation) : []

/** Of the domain com.microsoft. */
const CONTRIB_RULES: Readonly<Record<string, Rule>> = { EmbedLayerNormalization: each }

/** The operators that onnxruntime's quantize_static changes by default (registry.py), those of ONNX itself. */
const RULES: Readonly<Record<string, Rule>> = {
  Add: each,
  ArgMax: each,
  AveragePool: moved,
  BatchNormalization: normalization,
  Clip: removable,
  Concat: each,
  Conv: convolution(0),
  ConvTranspose: convolution(1),
  CumSum: each,
  Flatten: moved,
  Gather: gather,
  GatherElements: gather,
  Gemm: gemm,
  GlobalAveragePool: each,
  InstanceNormalization: normalization,
  LayerNormalization: normalization,
  LeakyRelu: each,
  MatMul: matMul,
  MaxPool: since(12, moved),
  Mul: each,
  Pad: pad,
  Relu: removable,
  Reshape: moved,
  Resize: since(11, moved),
  Sigmoid: each,
  Slice: moved,
  Softmax: each,
  Split: split,
  Squeeze: moved,
  TopK: moved,
  Transpose: moved,
  Unsqueeze: moved,
  Where: where,
}

/** Undefined for operators that stay. */
export function ruleOf({ op, domain = '' }: OnnxNode): Rule | undefined {
  const rules =
    domain === '' || domain === 'ai.onnx' ? RULES : domain === 'com.microsoft' ? CONTRIB_RULES : {}
  return Object.hasOwn(rules, op) ? rules[op] : undefined
}
