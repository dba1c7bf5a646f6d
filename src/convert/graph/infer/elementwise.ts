import { failing } from '../../errors.ts'
import type { Shape, Size } from '../types.ts'
import type { Rule } from './types.ts'

const unfit = failing('CONVERT_INVALID', 'The model file contradicts itself; save it again.')

/**
 * The shape that two broadcast to, axes aligned from the last (ONNX, "Broadcasting"). Of two free axes with other
 * names, either may be 1: then the size is open.
 */
export function broadcast(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (!a || !b) return undefined
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i): Size => {
    const x = a[a.length - rank + i] ?? (i < rank - a.length ? 1 : null)
    const y = b[b.length - rank + i] ?? (i < rank - b.length ? 1 : null)
    if (x === y) return x
    if (x === 1) return y
    if (y === 1) return x
    if (typeof x === 'number' && typeof y === 'number')
      throw unfit(`The shapes [${a.join(', ')}] and [${b.join(', ')}] don't fit each other`)
    if (typeof x === 'number') return x
    if (typeof y === 'number') return y
    return null
  })
}

/** The same type as the first input's. */
const same: Rule = ({ inputs: [x] }) => x && [{ dtype: x.dtype, ...(x.shape && { shape: x.shape }) }]

const both: Rule = ({ inputs: [a, b] }) => {
  if (!a || !b) return undefined
  const shape = broadcast(a.shape, b.shape)
  return [{ dtype: a.dtype, ...(shape && { shape }) }]
}

const compared: Rule = node => both(node)?.map(type => ({ ...type, dtype: 'bool' as const }))

const rules = (names: string, rule: Rule): Record<string, Rule> =>
  Object.fromEntries(names.split(' ').map(name => [name, rule]))

export const elementwise: Readonly<Record<string, Rule>> = {
  ...rules(
    'Abs Neg Exp Log Sqrt Reciprocal Floor Ceil Round Sign Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh Erf',
    same,
  ),
  ...rules(
    'Relu Sigmoid LeakyRelu Elu Selu Celu Softplus Softsign HardSigmoid HardSwish Mish ThresholdedRelu Gelu',
    same,
  ),
  ...rules('Softmax LogSoftmax Hardmax Identity Clip CumSum Not BitwiseNot', same),
  ...rules('Add Sub Mul Div Pow Mod PRelu BitwiseAnd BitwiseOr BitwiseXor BitShift', both),
  ...rules('Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor', compared),
}
