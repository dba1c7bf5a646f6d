import type { OnnxDtype } from '../types.ts'
import { broadcast } from './broadcast.ts'
import { dtypeOf, typed } from './read.ts'
import type { Rule } from './types.ts'
import type { Shape } from './values.ts'

/** The same type as the first input's. */
export const same: Rule = ({ inputs: [x] }) => x && [typed(x.dtype, x.shape)]

/** All inputs broadcast together. */
const all: Rule = ({ inputs }) => {
  const [first] = inputs
  if (!first) return undefined
  const shape = inputs.reduce<Shape | undefined>((into, x) => broadcast(into, x?.shape), [])
  return [typed(first.dtype, shape)]
}

export const as =
  (dtype: OnnxDtype, rule: Rule): Rule =>
  node =>
    rule(node)?.map(type => ({ ...type, dtype }))

const where: Rule = node => {
  const [, x] = node.inputs
  return x && all(node)?.map(type => ({ ...type, dtype: x.dtype }))
}

const cast: Rule = node => {
  const [x] = node.inputs
  return x && [typed(dtypeOf(node, 'to', x.dtype), x.shape)]
}

const castLike: Rule = ({ inputs: [x, like] }) => x && like && [typed(like.dtype, x.shape)]

const dropout: Rule = ({ inputs: [x], outputs }) =>
  x && [typed(x.dtype, x.shape), typed('bool', x.shape)].slice(0, outputs)

export const rules = (names: string, rule: Rule): Record<string, Rule> =>
  Object.fromEntries(names.split(' ').map(name => [name, rule]))

export const elementwise: Readonly<Record<string, Rule>> = {
  ...rules('Abs Neg Exp Log Sqrt Reciprocal Floor Ceil Round Sign Erf', same),
  ...rules('Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh', same),
  ...rules('Relu Sigmoid LeakyRelu Elu Selu Celu Softplus Softsign HardSigmoid HardSwish Mish Gelu', same),
  ...rules('ThresholdedRelu Shrink Swish PRelu', same),
  ...rules('Softmax LogSoftmax Hardmax Identity Clip CumSum Not BitwiseNot', same),
  ...rules('com.microsoft.Gelu com.microsoft.FastGelu com.microsoft.QuickGelu com.microsoft.BiasGelu', same),
  ...rules('com.microsoft.Inverse', same),
  ...rules('Add Sub Mul Div Pow Mod Min Max Sum Mean BitwiseAnd BitwiseOr BitwiseXor BitShift', all),
  ...rules('Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor', as('bool', all)),
  ...rules('IsNaN IsInf', as('bool', same)),
  Where: where,
  Cast: cast,
  CastLike: castLike,
  Dropout: dropout,
}
