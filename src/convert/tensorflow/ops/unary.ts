import type { Emitter, Value } from '../../graph/types.ts'
import type { Convert, OpConverter, OpTable } from '../op.ts'
import { emit, input, like, node } from './emit.ts'

/** An op of one operand, by what is done with it. */
const unary =
  (make: (b: Emitter, x: Value) => Value): Convert =>
  call =>
    make(call.emitter, input(call, 0))

const isInteger = ({ dtype }: Value): boolean => !dtype.includes('float')

/** e^x − 1 = tanh(x/2) · (e^x + 1), which is exact around 0 too. */
const expm1 = unary((b, x) => {
  const half = emit(b, 'Tanh', [emit(b, 'Mul', [x, like(b, x, 0.5)])])
  return emit(b, 'Mul', [half, emit(b, 'Add', [emit(b, 'Exp', [x]), like(b, x, 1)])])
})

/**
 * log(1 + x) for small x too (Kahan): with u = 1 + x as it is rounded, log(u) · x / (u − 1), and x where u is 1.
 * An infinite x stays as it is.
 */
const log1p = unary((b, x) => {
  const one = like(b, x, 1)
  const u = emit(b, 'Add', [x, one])
  const same = b.op('Equal', [u, one])
  const asIs = b.op('Or', [same, b.op('Equal', [u, x])])
  const log = emit(b, 'Log', [u])
  const beside = emit(b, 'Where', [asIs, one, emit(b, 'Sub', [u, one])], { computed: [1, 2] })
  const factor = emit(b, 'Where', [asIs, one, emit(b, 'Div', [x, beside])], { computed: [1, 2] })
  return emit(b, 'Where', [same, x, emit(b, 'Mul', [log, factor])], { computed: [1, 2] })
})

const infinite = unary((b, x) => emit(b, 'IsInf', [x]))
const finite = unary((b, x) => b.op('Not', [b.op('Or', [emit(b, 'IsNaN', [x]), emit(b, 'IsInf', [x])])]))

const rsqrt = unary((b, x) => emit(b, 'Reciprocal', [emit(b, 'Sqrt', [x])]))
const square = unary((b, x) => emit(b, 'Mul', [x, x]))
const erfc = unary((b, x) => emit(b, 'Sub', [like(b, x, 1), emit(b, 'Erf', [x])]))

/** Half to even, as TensorFlow's Round and Rint; integers stay as they are. */
const round = unary((b, x) => (isInteger(x) ? x : emit(b, 'Round', [x])))
const floor = (op: string) => unary((b, x) => (isInteger(x) ? x : emit(b, op, [x])))

const relu6 = unary((b, x) => emit(b, 'Clip', [x, like(b, x, 0), like(b, x, 6)]))

const leakyRelu: Convert = call =>
  emit(call.emitter, 'LeakyRelu', [input(call, 0)], {
    attributes: { alpha: { float: call.attributes.float('alpha', 0.2) } },
  })

/** TF.js' own: x where it is positive, else alpha · x. */
const prelu: Convert = call => {
  const { emitter: b } = call
  const [x, alpha] = [input(call, 0), input(call, 1)]
  const negative = emit(b, 'Mul', [emit(b, 'Min', [x, like(b, x, 0)]), alpha])
  return emit(b, 'Add', [emit(b, 'Relu', [x]), negative])
}

/** ONNX has these by the same or another name. Those without a kernel for float64 lose what float32 does not hold. */
const NAMES: Readonly<Record<string, string>> = {
  Abs: 'Abs',
  Neg: 'Neg',
  Sign: 'Sign',
  Exp: 'Exp',
  Log: 'Log',
  Sqrt: 'Sqrt',
  Reciprocal: 'Reciprocal',
  Inv: 'Reciprocal',
  Sigmoid: 'Sigmoid',
  Relu: 'Relu',
  IsNan: 'IsNaN',
  Invert: 'BitwiseNot',
  LogicalNot: 'Not',
  Tanh: 'Tanh',
}
const IN_FLOAT32 =
  'Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Erf Elu Selu Softplus Softsign'.split(' ')
const FLOAT32_NOTE = 'float64 in the precision of float32'

const same = ([op, onnx]: readonly [string, string]): [string, OpConverter] => [op, { convert: node(onnx) }]
const narrow = (op: string): [string, OpConverter] => [op, { convert: node(op), limits: FLOAT32_NOTE }]

export const unaryOps: OpTable = {
  ...Object.fromEntries(Object.entries(NAMES).map(same)),
  ...Object.fromEntries(IN_FLOAT32.map(narrow)),
  Expm1: { convert: expm1 },
  Log1p: { convert: log1p },
  Rsqrt: { convert: rsqrt },
  Square: { convert: square },
  Erfc: { convert: erfc, limits: FLOAT32_NOTE },
  Round: { convert: round },
  Rint: { convert: round },
  Floor: { convert: floor('Floor') },
  Ceil: { convert: floor('Ceil') },
  IsInf: { convert: infinite },
  IsFinite: { convert: finite },
  Relu6: { convert: relu6 },
  LeakyRelu: { convert: leakyRelu, limits: FLOAT32_NOTE },
  Prelu: { convert: prelu },
}
