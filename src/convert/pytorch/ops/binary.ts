import { isFloat } from '../../graph/dtypes.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { cast, floating, like, together, unary } from '../emit.ts'
import { type AtenCall, type Convert, type OpTable, table } from '../op.ts'

/** Both operands, in the type that torch computes with. */
function operands(call: AtenCall, a = 'self', b = 'other'): readonly [Value, Value] {
  const x = call.value(a)
  return together(call.emitter, x, call.operand(b, x))
}

const binary =
  (op: string): Convert =>
  call =>
    call.emitter.op(op, operands(call))

/** self ± alpha · other. */
const scaled =
  (op: 'Add' | 'Sub', reversed = false): Convert =>
  call => {
    const b = call.emitter
    const [x, y] = operands(call)
    const alpha = call.number('alpha', 1)
    if (reversed) return b.op('Sub', [y, alpha === 1 ? x : b.op('Mul', [x, like(b, x, alpha)])])
    if (x.dtype === 'bool' && op === 'Add') return b.op('Or', [x, y])
    return b.op(op, [x, alpha === 1 ? y : b.op('Mul', [y, like(b, y, alpha)])])
  }

const mul: Convert = call => {
  const [x, y] = operands(call)
  return call.emitter.op(x.dtype === 'bool' ? 'And' : 'Mul', [x, y])
}

const div: Convert = call => {
  const b = call.emitter
  const [x, y] = operands(call)
  const mode = call.text('rounding_mode', '')
  if (mode === '') return b.op('Div', [floating(b, x), floating(b, y)])
  if (mode === 'floor') return floorDivide(b, x, y)
  const whole = b.op('Div', [x, y])
  return isFloat(whole.dtype)
    ? b.op('Mul', [unary(b, 'Sign', whole), unary(b, 'Floor', unary(b, 'Abs', whole))])
    : whole
}

/** Rounded down; ONNX divides whole numbers towards zero. */
export function floorDivide(b: Emitter, x: Value, y: Value): Value {
  if (isFloat(x.dtype)) return unary(b, 'Floor', b.op('Div', [x, y]))
  const rest = b.op('Mod', [x, y])
  return b.op('Div', [b.op('Sub', [x, rest]), y])
}

/** The sign of the divisor; ONNX's Mod has it for whole numbers, and for floats that of the dividend. */
const remainder: Convert = call => {
  const b = call.emitter
  const [x, y] = operands(call)
  return isFloat(x.dtype)
    ? b.op('Sub', [x, b.op('Mul', [unary(b, 'Floor', b.op('Div', [x, y])), y])])
    : b.op('Mod', [x, y])
}

const pow: Convert = call => {
  const b = call.emitter
  if (!call.has('self')) throw new Refusal('a number to the power of a tensor')
  const x = call.value('self')
  const [base, exponent] = together(b, x, call.operand('exponent', x))
  return b.op('Pow', [base, exponent])
}

/** `pow.Scalar`: the base is a number. */
const powOfNumber: Convert = call => {
  const b = call.emitter
  const exponent = call.value('exponent')
  const [base, power] = together(b, call.operand('self', exponent), exponent)
  return b.op('Pow', [base, power])
}

const compare =
  (op: string, not = false): Convert =>
  call => {
    const b = call.emitter
    const [x, y] = operands(call)
    // ONNX orders no booleans.
    const ordered =
      x.dtype === 'bool' && op !== 'Equal' ? ([cast(b, x, 'int32'), cast(b, y, 'int32')] as const) : [x, y]
    const found = b.op(op, ordered)
    return not ? unary(b, 'Not', found) : found
  }

const logical =
  (op: string): Convert =>
  call => {
    const b = call.emitter
    const x = call.value('self')
    return b.op(op, [cast(b, x, 'bool'), cast(b, call.operand('other', x), 'bool')])
  }

const bitwise =
  (bool: string, whole: string): Convert =>
  call => {
    const [x, y] = operands(call)
    return call.emitter.op(x.dtype === 'bool' ? bool : whole, [x, y])
  }

const where: Convert = call => {
  const b = call.emitter
  const [x, y] = call.has('self') ? chosen(call) : []
  if (!x || !y) throw new Refusal('places of what is not zero: their number is not known')
  return b.op('Where', [cast(b, call.value('condition'), 'bool'), x, y])
}

/** `self` or `other` may be a number. */
function chosen(call: AtenCall): readonly [Value, Value] {
  const b = call.emitter
  const probe = { name: '', dtype: 'float32' as const, shape: [] }
  const x = call.operand('self', probe)
  const y = call.operand('other', x)
  return together(b, x, y)
}

/** The value takes the tensor's type, whatever it is. */
const maskedFill: Convert = call => {
  const b = call.emitter
  const x = call.value('self')
  return b.op('Where', [cast(b, call.value('mask'), 'bool'), cast(b, call.operand('value', x), x.dtype), x])
}

const prelu: Convert = call => {
  const b = call.emitter
  const x = call.value('self')
  const slope = call.value('weight')
  const rank = x.shape?.length ?? 2
  const one = slope.shape?.[0] === 1 || rank <= 1
  // One slope for each channel: axis 1.
  const shaped = one ? slope : b.op('Reshape', [slope, b.ints([-1, ...new Array<number>(rank - 2).fill(1)])])
  return b.op('PRelu', [x, shaped])
}

const addc =
  (op: 'Mul' | 'Div'): Convert =>
  call => {
    const b = call.emitter
    const product = b.op(op, together(b, call.value('tensor1'), call.value('tensor2')))
    const value = call.number('value', 1)
    return b.op('Add', [
      call.value('self'),
      value === 1 ? product : b.op('Mul', [product, like(b, product, value)]),
    ])
  }

const lerp: Convert = call => {
  const b = call.emitter
  const x = call.value('self')
  const step = b.op('Sub', [call.value('end'), x])
  return b.op('Add', [x, b.op('Mul', [step, cast(b, call.operand('weight', x), x.dtype)])])
}

export const binaries: OpTable = table({
  add: scaled('Add'),
  sub: scaled('Sub'),
  rsub: scaled('Sub', true),
  mul,
  multiply: mul,
  div,
  true_divide: div,
  floor_divide: call => floorDivide(call.emitter, ...operands(call)),
  remainder,
  fmod: call => call.emitter.op('Mod', operands(call), { attributes: { fmod: { int: 1 } } }),
  pow,
  'pow.Scalar': powOfNumber,
  maximum: binary('Max'),
  minimum: binary('Min'),
  eq: compare('Equal'),
  ne: compare('Equal', true),
  lt: compare('Less'),
  le: compare('LessOrEqual'),
  gt: compare('Greater'),
  ge: compare('GreaterOrEqual'),
  logical_and: logical('And'),
  logical_or: logical('Or'),
  logical_xor: logical('Xor'),
  bitwise_and: bitwise('And', 'BitwiseAnd'),
  bitwise_or: bitwise('Or', 'BitwiseOr'),
  bitwise_xor: bitwise('Xor', 'BitwiseXor'),
  __and__: bitwise('And', 'BitwiseAnd'),
  __or__: bitwise('Or', 'BitwiseOr'),
  where,
  masked_fill: maskedFill,
  prelu,
  addcmul: addc('Mul'),
  addcdiv: addc('Div'),
  lerp,
})
