import { isFloat } from '../../graph/dtypes.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { cast, floating, like, unary } from '../emit.ts'
import { type AtenCall, type Convert, type OpTable, table } from '../op.ts'

const self = (call: AtenCall): Value => call.value('self')

/** An operator of ONNX over each element, of whole numbers too. */
const plain =
  (op: string): Convert =>
  call =>
    unary(call.emitter, op, self(call))

/** What gives fractions: whole numbers become float32 first. */
const float =
  (op: string): Convert =>
  call =>
    unary(call.emitter, op, floating(call.emitter, self(call)))

/** Rounding leaves whole numbers as they are. */
const rounding =
  (op: string): Convert =>
  call =>
    isFloat(self(call).dtype) ? unary(call.emitter, op, self(call)) : self(call)

const of =
  (compute: (b: Emitter, x: Value, call: AtenCall) => Value): Convert =>
  call =>
    compute(call.emitter, floating(call.emitter, self(call)), call)

const clip = (b: Emitter, x: Value, low: number | undefined, high: number | undefined): Value => {
  const bound = (value: number | undefined) => (value === undefined ? undefined : like(b, x, value))
  const bounds = [bound(low), bound(high)]
  return b.op('Clip', bounds[1] ? [x, ...bounds] : bounds[0] ? [x, bounds[0]] : [x])
}

/** Bounds are numbers, or tensors (`clamp.Tensor`). */
const clamp: Convert = call => {
  const x = self(call)
  const b = call.emitter
  const bound = (name: string): Value | undefined =>
    call.has(name) ? cast(b, call.operand(name, x), x.dtype) : undefined
  const [low, high] = [bound('min'), bound('max')]
  const above = low ? b.op('Max', [x, low]) : x
  return high ? b.op('Min', [above, high]) : above
}

const round: Convert = call => {
  if (call.int('decimals', 0) !== 0) throw new Refusal(`decimals=${call.int('decimals')}`)
  return rounding('Round')(call)
}

const elu: Convert = call => {
  if (call.number('scale', 1) !== 1 || call.number('input_scale', 1) !== 1)
    throw new Refusal('scale is not 1')
  return unary(call.emitter, 'Elu', self(call), { alpha: { float: call.number('alpha', 1) } })
}

/** beta · x above the threshold, in units of beta, is x itself: torch avoids what overflows; ONNX's does not overflow. */
const softplus: Convert = call => {
  const [b, x, beta] = [call.emitter, self(call), call.number('beta', 1)]
  if (beta === 1) return unary(b, 'Softplus', x)
  return b.op('Div', [unary(b, 'Softplus', b.op('Mul', [x, like(b, x, beta)])), like(b, x, beta)])
}

const converters: Readonly<Record<string, Convert>> = {
  abs: plain('Abs'),
  neg: plain('Neg'),
  sign: plain('Sign'),
  logical_not: call => unary(call.emitter, 'Not', cast(call.emitter, self(call), 'bool')),
  bitwise_not: call => unary(call.emitter, self(call).dtype === 'bool' ? 'Not' : 'BitwiseNot', self(call)),
  floor: rounding('Floor'),
  ceil: rounding('Ceil'),
  round,
  trunc: of((b, x) => b.op('Mul', [unary(b, 'Sign', x), unary(b, 'Floor', unary(b, 'Abs', x))])),
  ...Object.fromEntries(
    [
      'Exp',
      'Log',
      'Sqrt',
      'Sin',
      'Cos',
      'Tan',
      'Asin',
      'Acos',
      'Atan',
      'Sinh',
      'Cosh',
      'Asinh',
      'Acosh',
      'Atanh',
      'Tanh',
      'Sigmoid',
      'Erf',
      'Reciprocal',
    ].map(op => [op.toLowerCase(), float(op)]),
  ),
  rsqrt: of((b, x) => unary(b, 'Reciprocal', unary(b, 'Sqrt', x))),
  log1p: of((b, x) => unary(b, 'Log', b.op('Add', [x, like(b, x, 1)]))),
  expm1: of((b, x) => b.op('Sub', [unary(b, 'Exp', x), like(b, x, 1)])),
  log2: of((b, x) => b.op('Div', [unary(b, 'Log', x), like(b, x, Math.LN2)])),
  log10: of((b, x) => b.op('Div', [unary(b, 'Log', x), like(b, x, Math.LN10)])),
  exp2: of((b, x) => b.op('Pow', [like(b, x, 2), x])),
  square: call => call.emitter.op('Mul', [self(call), self(call)]),
  isnan: call => unary(call.emitter, 'IsNaN', floating(call.emitter, self(call))),
  isinf: call => unary(call.emitter, 'IsInf', floating(call.emitter, self(call))),
  relu: plain('Relu'),
  relu6: of((b, x) => clip(b, x, 0, 6)),
  hardtanh: of((b, x, call) => clip(b, x, call.number('min_val', -1), call.number('max_val', 1))),
  leaky_relu: call =>
    unary(call.emitter, 'LeakyRelu', self(call), { alpha: { float: call.number('negative_slope', 0.01) } }),
  elu,
  celu: call => unary(call.emitter, 'Celu', self(call), { alpha: { float: call.number('alpha', 1) } }),
  selu: plain('Selu'),
  gelu: call =>
    unary(call.emitter, 'Gelu', self(call), { approximate: { text: call.text('approximate', 'none') } }),
  silu: of((b, x) => b.op('Mul', [x, unary(b, 'Sigmoid', x)])),
  mish: plain('Mish'),
  hardswish: plain('HardSwish'),
  hardsigmoid: call =>
    unary(call.emitter, 'HardSigmoid', self(call), { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  softplus,
  softsign: plain('Softsign'),
  log_sigmoid: of((b, x) => unary(b, 'Neg', unary(b, 'Softplus', unary(b, 'Neg', x)))),
  threshold: of((b, x, call) =>
    b.op('Where', [
      b.op('Greater', [x, like(b, x, call.number('threshold'))]),
      x,
      like(b, x, call.number('value')),
    ]),
  ),
  hardshrink: of((b, x, call) => {
    const bound = like(b, x, call.number('lambd', 0.5))
    return b.op('Where', [b.op('Greater', [unary(b, 'Abs', x), bound]), x, like(b, x, 0)])
  }),
  clamp,
  clamp_min: call =>
    call.emitter.op('Max', [
      self(call),
      cast(call.emitter, call.operand('min', self(call)), self(call).dtype),
    ]),
  clamp_max: call =>
    call.emitter.op('Min', [
      self(call),
      cast(call.emitter, call.operand('max', self(call)), self(call).dtype),
    ]),
  nan_to_num: of((b, x, call) => {
    const known = b.op('Where', [unary(b, 'IsNaN', x), like(b, x, call.number('nan', 0)), x])
    const largest = x.dtype === 'float16' ? 65504 : 3.4028234663852886e38
    return clip(b, known, call.number('neginf', -largest), call.number('posinf', largest))
  }),
}

export const unaries: OpTable = table(converters)
