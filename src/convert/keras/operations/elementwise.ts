import { isFloat } from '../../graph/dtypes.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import { Refusal } from '../../refusals.ts'
import { invalid } from '../config.ts'
import { cast, floating, same } from '../emit.ts'
import { type ConvertLayer, full, type LayerTable, limited } from '../layer.ts'
import { inGraph, type Operand, operandOf, promoted, settingsOf, tensorOf } from './operands.ts'

type Unary = (b: Emitter, x: Value) => Value
type Binary = (b: Emitter, x: Value, y: Value) => Value

const node =
  (name: string): Unary =>
  (b, x) =>
    same(b, name, x)

const one = (b: Emitter, x: Value, value: number): Value => b.scalar(x.dtype, value)

const unary =
  (compute: Unary): ConvertLayer =>
  call => [compute(call.b, tensorOf(call, 0, 'x', 'input', 'features', 'tensor'))]

/** Of integers, what is computed in floats. */
const inFloats = (compute: Unary): ConvertLayer => unary((b, x) => compute(b, floating(b, x, 'float32')))

const operands = (call: Parameters<ConvertLayer>[0]): readonly [Operand, Operand] => {
  const [x, y] = [operandOf(call, 0, 'x1', 'x'), operandOf(call, 1, 'x2', 'y')]
  if (!x || !y) throw invalid(`${call.className} '${call.name}' is called with one operand`)
  return [x, y]
}

const binary =
  (compute: Binary): ConvertLayer =>
  call => {
    const [x, y] = promoted(call, ...operands(call))
    return [compute(call.b, x, y)]
  }

const op =
  (name: string): Binary =>
  (b, x, y) =>
    b.op(name, [x, y])

const divide: Binary = (b, x, y) => b.op('Div', [floating(b, x, 'float32'), floating(b, y, 'float32')])

/** The quotient rounded down, as Python's //. */
const floorDivide: Binary = (b, x, y) => {
  if (isFloat(x.dtype)) return same(b, 'Floor', b.op('Div', [x, y]))
  return b.op('Div', [b.op('Sub', [x, floorMod(b, x, y)]), y])
}

/** The rest has the divisor's sign. */
const floorMod: Binary = (b, x, y) => {
  if (!isFloat(x.dtype)) return b.op('Mod', [x, y])
  return b.op('Sub', [x, b.op('Mul', [same(b, 'Floor', b.op('Div', [x, y])), y])])
}

const divideNoNan: Binary = (b, x, y) => {
  const none = b.op('Equal', [y, one(b, y, 0)])
  return b.op('Where', [none, one(b, x, 0), b.op('Div', [x, y])])
}

const compared =
  (name: string, not = false): Binary =>
  (b, x, y) => {
    const result = b.op(name, [x, y])
    return not ? b.op('Not', [result]) : result
  }

const logical =
  (name: string): ConvertLayer =>
  call => {
    const [x, y] = operands(call)
    return [call.b.op(name, [cast(call.b, inGraph(call, x), 'bool'), cast(call.b, inGraph(call, y), 'bool')])]
  }

const castTo: ConvertLayer = call => {
  const dtype = settingsOf(call).choice('dtype', CASTS)
  return [cast(call.b, tensorOf(call, 0, 'x'), dtype)]
}

/** What it is already, where no dtype is asked for. */
const convertToTensor: ConvertLayer = call =>
  settingsOf(call).has('dtype') ? castTo(call) : [tensorOf(call, 0, 'x')]

const CASTS = [
  'float32',
  'float64',
  'float16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
] as const

const clip: ConvertLayer = call => {
  const { b } = call
  const x = tensorOf(call, 0, 'x', 't')
  const settings = settingsOf(call)
  const bound = (...keys: readonly string[]): Value => {
    const key = keys.find(name => settings.has(name))
    return key === undefined
      ? inGraph(call, operandOf(call, 1, ...keys)!, x.dtype)
      : one(b, x, settings.number(key))
  }
  const type = { dtype: x.dtype, ...(x.shape && { shape: x.shape }) }
  return [
    b.op('Clip', [x, bound('x_min', 'clip_value_min'), bound('x_max', 'clip_value_max')], { types: [type] }),
  ]
}

/** Where the condition holds the first, else the second. */
const where: ConvertLayer = call => {
  const { b } = call
  const condition = tensorOf(call, 0, 'condition')
  const [x, y] = [operandOf(call, 1, 'x1', 'x'), operandOf(call, 2, 'x2', 'y')]
  if (!x || !y) throw new Refusal('where of a condition alone')
  return [b.op('Where', [cast(b, condition, 'bool'), ...promoted(call, x, y)])]
}

const round: ConvertLayer = call => {
  if (settingsOf(call).int('decimals', 0, { min: -16 }) !== 0) throw new Refusal('decimals')
  const x = tensorOf(call, 0, 'x')
  return [isFloat(x.dtype) ? same(call.b, 'Round', x) : x]
}

const filled =
  (value: number): ConvertLayer =>
  call => {
    const { b } = call
    const x = tensorOf(call, 0, 'x', 'input')
    const settings = settingsOf(call)
    const dtype = settings.has('dtype') ? settings.choice('dtype', CASTS) : x.dtype
    const shape = b.op('Shape', [x])
    return [b.op('Expand', [b.scalar(dtype, value), shape])]
  }

const finite: Unary = (b, x) => b.op('Not', [b.op('Or', [b.op('IsNaN', [x]), b.op('IsInf', [x])])])

const UNARY: Readonly<Record<string, ConvertLayer>> = {
  Abs: unary(node('Abs')),
  Absolute: unary(node('Abs')),
  Negative: unary(node('Neg')),
  Square: unary((b, x) => b.op('Mul', [x, x])),
  Sign: unary(node('Sign')),
  Exp: inFloats(node('Exp')),
  Expm1: inFloats((b, x) => b.op('Sub', [same(b, 'Exp', x), one(b, x, 1)])),
  Log: inFloats(node('Log')),
  Log1p: inFloats((b, x) => same(b, 'Log', b.op('Add', [x, one(b, x, 1)]))),
  Log2: inFloats((b, x) => b.op('Div', [same(b, 'Log', x), one(b, x, Math.LN2)])),
  Log10: inFloats((b, x) => b.op('Div', [same(b, 'Log', x), one(b, x, Math.LN10)])),
  Sqrt: inFloats(node('Sqrt')),
  Rsqrt: inFloats((b, x) => same(b, 'Reciprocal', same(b, 'Sqrt', x))),
  Reciprocal: inFloats(node('Reciprocal')),
  Sin: inFloats(node('Sin')),
  Cos: inFloats(node('Cos')),
  Tan: inFloats(node('Tan')),
  Arcsin: inFloats(node('Asin')),
  Arccos: inFloats(node('Acos')),
  Arctan: inFloats(node('Atan')),
  Sinh: inFloats(node('Sinh')),
  Cosh: inFloats(node('Cosh')),
  Tanh: inFloats(node('Tanh')),
  Arcsinh: inFloats(node('Asinh')),
  Arccosh: inFloats(node('Acosh')),
  Arctanh: inFloats(node('Atanh')),
  Erf: inFloats(node('Erf')),
  Ceil: inFloats(node('Ceil')),
  Floor: inFloats(node('Floor')),
  Isnan: inFloats((b, x) => b.op('IsNaN', [x])),
  Isinf: inFloats((b, x) => b.op('IsInf', [x])),
  Isfinite: inFloats(finite),
  LogicalNot: unary((b, x) => b.op('Not', [cast(b, x, 'bool')])),
  Copy: unary((_, x) => x),
  StopGradient: call => [tensorOf(call, 0, 'variable', 'input')],
}

const BINARY: Readonly<Record<string, ConvertLayer>> = {
  Add: binary(op('Add')),
  Subtract: binary(op('Sub')),
  Multiply: binary(op('Mul')),
  Divide: binary(divide),
  TrueDivide: binary(divide),
  DivideNoNan: binary(divideNoNan),
  FloorDivide: binary(floorDivide),
  Mod: binary(floorMod),
  Power: binary(op('Pow')),
  Maximum: binary(op('Max')),
  Minimum: binary(op('Min')),
  Equal: binary(compared('Equal')),
  NotEqual: binary(compared('Equal', true)),
  Greater: binary(compared('Greater')),
  GreaterEqual: binary(compared('GreaterOrEqual')),
  Less: binary(compared('Less')),
  LessEqual: binary(compared('LessOrEqual')),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  LogicalXor: logical('Xor'),
}

const all = (converters: Readonly<Record<string, ConvertLayer>>): LayerTable =>
  Object.fromEntries(Object.entries(converters).map(([name, convert]) => [name, full(convert, 'stops')]))

export const elementwise: LayerTable = {
  ...all(UNARY),
  ...all(BINARY),
  Cast: limited('no float8', castTo, 'stops'),
  ConvertToTensor: limited('no float8', convertToTensor, 'stops'),
  Clip: full(clip, 'stops'),
  Where: limited('three operands', where, 'stops'),
  Round: limited('no decimals', round, 'stops'),
  ZerosLike: full(filled(0), 'stops'),
  OnesLike: full(filled(1), 'stops'),
}
