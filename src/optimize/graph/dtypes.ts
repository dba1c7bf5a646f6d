import { ONNX_DTYPES, type OnnxAttribute, type OnnxDtype, type OnnxNode } from '../../formats/index.ts'

/** Element types of values, by name. */
export type Dtypes = Pick<ReadonlyMap<string, OnnxDtype>, 'get'>

/** What each output of a node is made of; undefined where that is not known. */
type Rule = (node: OnnxNode, dtypes: Dtypes) => readonly (OnnxDtype | undefined)[]

const all =
  (dtype: OnnxDtype): Rule =>
  ({ outputs }) =>
    outputs.map(() => dtype)

/** As one of its inputs, whose place is given. */
const as =
  (place: number, ...others: readonly OnnxDtype[]): Rule =>
  ({ inputs, outputs }, dtypes) =>
    outputs.map((_, i) => (i === 0 ? dtypes.get(inputs[place] ?? '') : (others[i - 1] ?? others.at(-1))))

const first: Rule = ({ inputs, outputs }, dtypes) => {
  const dtype = dtypes.get(inputs.find(name => name !== '') ?? '')
  return outputs.map(() => dtype)
}

const told =
  (attribute: string, otherwise?: OnnxDtype): Rule =>
  (node, dtypes) => {
    const value = node.attributes?.[attribute]
    const dtype = value && 'int' in value ? ONNX_DTYPES[Number(value.int)] : undefined
    return dtype || otherwise ? node.outputs.map(() => dtype ?? otherwise) : first(node, dtypes)
  }

const constant: Rule = ({ attributes = {} }) => [constantDtype(attributes)]

function constantDtype(attributes: Readonly<Record<string, OnnxAttribute>>): OnnxDtype | undefined {
  const { value } = attributes
  if (value && 'tensor' in value) return value.tensor.dtype
  if ('value_float' in attributes || 'value_floats' in attributes) return 'float32'
  if ('value_int' in attributes || 'value_ints' in attributes) return 'int64'
  return 'value_string' in attributes || 'value_strings' in attributes ? 'string' : undefined
}

const filled: Rule = ({ attributes = {} }) => [
  attributes['value'] && 'tensor' in attributes['value'] ? attributes['value'].tensor.dtype : 'float32',
]

const bodies: Rule = ({ op, attributes = {}, outputs }) => {
  const body = attributes[op === 'If' ? 'then_branch' : 'body']
  const given = body && 'graph' in body ? body.graph.outputs : []
  // A Loop's body gives its condition first.
  const skipped = op === 'Loop' ? 1 : 0
  return outputs.map((_, i) => given[i + skipped]?.dtype)
}

/** By the zero point, which says the type of what is quantized. */
const quantized =
  (place: number): Rule =>
  ({ inputs }, dtypes) => [dtypes.get(inputs[place] ?? '') ?? 'uint8']

/** Operators whose outputs are not of their first input's type. */
const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    ['Shape', 'Size', 'ArgMax', 'ArgMin', 'NonZero', 'NonMaxSuppression'].map(op => [op, all('int64')]),
  ),
  ...Object.fromEntries(
    [
      'Equal',
      'Greater',
      'GreaterOrEqual',
      'Less',
      'LessOrEqual',
      'And',
      'Or',
      'Xor',
      'Not',
      'IsNaN',
      'IsInf',
    ].map(op => [op, all('bool')]),
  ),
  ...Object.fromEntries(['If', 'Loop', 'Scan'].map(op => [op, bodies])),
  ...Object.fromEntries(['MatMulInteger', 'ConvInteger'].map(op => [op, all('int32')])),
  Multinomial: told('dtype', 'int32'),
  Cast: told('to'),
  CastLike: as(1),
  Constant: constant,
  ConstantOfShape: filled,
  EyeLike: told('dtype'),
  Bernoulli: told('dtype'),
  RandomNormal: told('dtype', 'float32'),
  RandomUniform: told('dtype', 'float32'),
  RandomNormalLike: told('dtype'),
  RandomUniformLike: told('dtype'),
  OneHot: as(2),
  Where: as(1),
  TopK: as(0, 'int64'),
  Unique: as(0, 'int64'),
  MaxPool: as(0, 'int64'),
  Dropout: as(0, 'bool'),
  LayerNormalization: as(0, 'float32'),
  QuantizeLinear: quantized(2),
  DequantizeLinear: as(1),
  DynamicQuantizeLinear: () => ['uint8', 'float32', 'uint8'],
  QLinearMatMul: quantized(7),
  QLinearConv: quantized(7),
}

/** Domains whose operators give what their first input is made of, unless RULES says otherwise. */
const KNOWN_DOMAINS: readonly string[] = ['', 'ai.onnx', 'com.microsoft']

/** Undefined for outputs of domains that are not known. */
export function outputDtypes(node: OnnxNode, dtypes: Dtypes): readonly (OnnxDtype | undefined)[] {
  if (!KNOWN_DOMAINS.includes(node.domain ?? '')) return node.outputs.map(() => undefined)
  const rule = Object.hasOwn(RULES, node.op) ? RULES[node.op]! : first
  return rule(node, dtypes)
}
