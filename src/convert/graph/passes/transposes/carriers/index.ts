import type { Node } from '../../graph.ts'
import { along, concat, cumulative } from './along.ts'
import { broadcasting, quantizing, unary } from './pointwise.ts'
import { reducing, selecting, squeezing, unsqueezing } from './reducing.ts'
import { gathering, reshaping, shapes } from './reshaping.ts'
import { eachAxis, padding, slicing } from './sizing.ts'
import type { Carrier } from './types.ts'

const of = (names: string, carrier: Carrier): Record<string, Carrier> =>
  Object.fromEntries(names.split(' ').map(name => [name, carrier]))

const CARRIERS: Readonly<Record<string, Carrier>> = {
  ...of('Abs Neg Exp Log Sqrt Reciprocal Floor Ceil Round Sign Erf Not BitwiseNot IsNaN IsInf Cast', unary),
  ...of('Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh Identity Clip Dropout', unary),
  ...of('Relu Sigmoid LeakyRelu Elu Selu Celu Softplus Softsign HardSigmoid HardSwish Mish Gelu', unary),
  ...of('ThresholdedRelu Shrink', unary),
  ...of('Add Sub Mul Div Pow Mod Min Max Sum Mean PRelu Where BitwiseAnd BitwiseOr BitwiseXor', broadcasting),
  ...of('Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor', broadcasting),
  ...of('QuantizeLinear DequantizeLinear', quantizing),
  ...of('Softmax LogSoftmax Hardmax LpNormalization TopK', along(-1)),
  Split: along(0),
  Concat: concat,
  CumSum: cumulative,
  ...of('ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2', reducing),
  ...of('ReduceLogSum ReduceLogSumExp ReduceSumSquare', reducing),
  ...of('ArgMax ArgMin', selecting),
  Squeeze: squeezing,
  Unsqueeze: unsqueezing,
  Pad: padding,
  Slice: slicing,
  ...of('Tile Expand', eachAxis),
  ...of('Reshape Flatten', reshaping),
  Shape: shapes,
  Gather: gathering,
}

export function carrierOf({ op, domain }: Node): Carrier | undefined {
  return domain === '' && Object.hasOwn(CARRIERS, op) ? CARRIERS[op] : undefined
}

export type { Carried } from './types.ts'
