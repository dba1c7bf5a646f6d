import { cast } from '../../graph/cast.ts'
import { as, type LiteTable } from '../op.ts'

/** Operators over each element that are TensorFlow's ops, by theirs. */
const SAME = {
  ABS: 'Abs',
  EXP: 'Exp',
  LOG: 'Log',
  SQRT: 'Sqrt',
  RSQRT: 'Rsqrt',
  SQUARE: 'Square',
  SIN: 'Sin',
  COS: 'Cos',
  TANH: 'Tanh',
  NEG: 'Neg',
  CEIL: 'Ceil',
  FLOOR: 'Floor',
  ROUND: 'Round',
  SIGN: 'Sign',
  LOGISTIC: 'Sigmoid',
  RELU: 'Relu',
  RELU6: 'Relu6',
  ELU: 'Elu',
  LOGICAL_NOT: 'LogicalNot',
  POW: 'Pow',
  MAXIMUM: 'Maximum',
  MINIMUM: 'Minimum',
  SQUARED_DIFFERENCE: 'SquaredDifference',
  FLOOR_DIV: 'FloorDiv',
  FLOOR_MOD: 'FloorMod',
  LESS: 'Less',
  LESS_EQUAL: 'LessEqual',
  GREATER: 'Greater',
  GREATER_EQUAL: 'GreaterEqual',
  EQUAL: 'Equal',
  NOT_EQUAL: 'NotEqual',
  LOGICAL_AND: 'LogicalAnd',
  LOGICAL_OR: 'LogicalOr',
  SELECT: 'Select',
  SELECT_V2: 'SelectV2',
  ADD_N: 'AddN',
  ATAN2: 'Atan2',
  ZEROS_LIKE: 'ZerosLike',
  LOG_SOFTMAX: 'LogSoftmax',
} as const

/** Those with an activation behind them, at slot 0 of their options. */
const ACTIVATED = { ADD: 'AddV2', SUB: 'Sub', MUL: 'Mul', DIV: 'RealDiv' } as const

export const elements: LiteTable = {
  ...Object.fromEntries(Object.entries(SAME).map(([name, op]) => [name, as(op)])),
  ...Object.fromEntries(
    Object.entries(ACTIVATED).map(([name, op]) => [name, as(op, undefined, { activation: 0 })]),
  ),
  CAST: as('Cast', async (_, { outputs }) => ({ DstT: { dtype: outputs[0]!.dtype } })),
  LEAKY_RELU: as('LeakyRelu', async options => ({ alpha: await options.float(0) })),
  GELU: {
    convert: async ({ emitter, inputs: [x], options }) => [
      emitter.op('Gelu', [x], {
        attributes: { approximate: { text: (await options.byte(0)) ? 'tanh' : 'none' } },
      }),
    ],
  },
  HARD_SWISH: { convert: async ({ emitter, inputs: [x] }) => [emitter.op('HardSwish', [x])] },
  RELU_N1_TO_1: {
    convert: async ({ emitter: b, inputs: [x] }) => [
      b.op('Clip', [x, b.scalar(x!.dtype, -1), b.scalar(x!.dtype, 1)]),
    ],
  },
  RELU_0_TO_1: {
    convert: async ({ emitter: b, inputs: [x] }) => [
      b.op('Clip', [x, b.scalar(x!.dtype, 0), b.scalar(x!.dtype, 1)]),
    ],
  },
  // x where it is positive, alpha · x elsewhere; alpha broadcasts over the axes before its own.
  PRELU: { convert: async ({ emitter, inputs: [x, alpha] }) => [emitter.op('PRelu', [x, alpha])] },
  SOFTMAX: {
    convert: async ({ emitter: b, inputs: [x], options }) => {
      const beta = await options.float(0, 0)
      const scaled = beta === 1 ? x! : b.op('Mul', [x, b.scalar(x!.dtype, beta)])
      return [b.op('Softmax', [scaled], { attributes: { axis: { int: -1 } } })]
    },
  },
  // Reals in, reals out: what is stored as whole numbers is seen to where tensors are.
  QUANTIZE: { convert: async ({ inputs: [x] }) => [x] },
  // Weights that are kept in float16.
  DEQUANTIZE: { convert: async ({ emitter, inputs: [x] }) => [cast(emitter, x!, 'float32')] },
  FAKE_QUANT: as('FakeQuantWithMinMaxArgs', async options => ({
    min: await options.float(0),
    max: await options.float(1),
    num_bits: await options.int(2),
    narrow_range: (await options.byte(3)) !== 0,
  })),
}
