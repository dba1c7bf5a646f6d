import { isFloat } from '../../graph/dtypes.ts'
import type { Emitter, Value } from '../../graph/types.ts'
import type { Convert, OpTable } from '../op.ts'
import { emit, input, like, node } from './emit.ts'

/** An op of two operands, by what is done with them. */
const binary =
  (make: (b: Emitter, x: Value, y: Value) => Value): Convert =>
  call =>
    make(call.emitter, input(call, 0), input(call, 1))

/** Text is put together. */
const add = binary((b, x, y) =>
  x.dtype === 'string' ? b.op('StringConcat', [x, y]) : emit(b, 'Add', [x, y]),
)

const squaredDifference = binary((b, x, y) => {
  const difference = emit(b, 'Sub', [x, y])
  return emit(b, 'Mul', [difference, difference])
})

/** x where it is not `when`, else 0: what ops give that have a value where the quotient or product has none. */
const zeroWhere = (b: Emitter, when: Value, value: Value): Value =>
  emit(b, 'Where', [when, like(b, value, 0), value], { computed: [1, 2] })

const isZero = (b: Emitter, x: Value): Value => emit(b, 'Equal', [x, like(b, x, 0)])

const divNoNan = binary((b, x, y) => zeroWhere(b, isZero(b, y), emit(b, 'Div', [x, y])))
const mulNoNan = binary((b, x, y) => zeroWhere(b, isZero(b, y), emit(b, 'Mul', [x, y])))
const xdivy = binary((b, x, y) => zeroWhere(b, isZero(b, x), emit(b, 'Div', [x, y])))
const xlogy = binary((b, x, y) => zeroWhere(b, isZero(b, x), emit(b, 'Mul', [x, emit(b, 'Log', [y])])))
const xlog1py = binary((b, x, y) => {
  const log = emit(b, 'Log', [emit(b, 'Add', [y, like(b, y, 1)])])
  return zeroWhere(b, isZero(b, x), emit(b, 'Mul', [x, log]))
})

/** The remainder with the divisor's sign. */
function floorModOf(b: Emitter, x: Value, y: Value): Value {
  if (!isFloat(x.dtype)) return b.op('Mod', [x, y])
  const remainder = b.op('Mod', [x, y], { attributes: { fmod: { int: 1 } } })
  const zero = like(b, x, 0)
  const isOther = b.op('Xor', [emit(b, 'Less', [remainder, zero]), emit(b, 'Less', [y, zero])])
  const isWrong = b.op('And', [isOther, b.op('Not', [isZero(b, remainder)])])
  return emit(b, 'Where', [isWrong, emit(b, 'Add', [remainder, y]), remainder], { computed: [1, 2] })
}

/** Rounded down. ONNX cuts integers off, so what is left over is taken away before. */
function floorDivOf(b: Emitter, x: Value, y: Value): Value {
  if (isFloat(x.dtype)) return emit(b, 'Floor', [emit(b, 'Div', [x, y])])
  return emit(b, 'Div', [emit(b, 'Sub', [x, b.op('Mod', [x, y])]), y])
}

const truncateMod = binary((b, x, y) => b.op('Mod', [x, y], { attributes: { fmod: { int: 1 } } }))

/** atan(y / x), and half a turn more or less where x is negative; 0 at (0, 0). */
const atan2 = binary((b, y, x) => {
  const zero = like(b, x, 0)
  const half = emit(b, 'Where', [emit(b, 'Less', [y, zero]), like(b, x, -Math.PI), like(b, x, Math.PI)], {
    computed: [1, 2],
  })
  const turn = emit(b, 'Where', [emit(b, 'Less', [x, zero]), half, zero], { computed: [1, 2] })
  const angle = emit(b, 'Add', [emit(b, 'Atan', [emit(b, 'Div', [y, x])]), turn])
  return zeroWhere(b, b.op('And', [isZero(b, x), isZero(b, y)]), angle)
})

const powerOfTwo = (b: Emitter, exponent: Value): Value => emit(b, 'Pow', [like(b, exponent, 2), exponent])

/** ONNX shifts unsigned integers only: those with a sign are multiplied, and divided rounding down. */
const shift = (direction: 'LEFT' | 'RIGHT') =>
  binary((b, x, y) => {
    if (x.dtype.startsWith('u'))
      return b.op('BitShift', [x, y], { attributes: { direction: { text: direction } } })
    const factor = powerOfTwo(b, y)
    return direction === 'LEFT' ? emit(b, 'Mul', [x, factor]) : floorDivOf(b, x, factor)
  })

const notEqual = binary((b, x, y) => b.op('Not', [emit(b, 'Equal', [x, y])]))

const approximateEqual: Convert = call => {
  const { emitter: b, attributes } = call
  const [x, y] = [input(call, 0), input(call, 1)]
  const distance = emit(b, 'Abs', [emit(b, 'Sub', [x, y])])
  return emit(b, 'Less', [distance, like(b, x, attributes.float('tolerance', 1e-5))])
}

const two = (op: string): { readonly convert: Convert } => ({ convert: node(op, {}, 2) })

export const binaryOps: OpTable = {
  Add: { convert: add },
  AddV2: { convert: add },
  Sub: two('Sub'),
  Mul: two('Mul'),
  Div: two('Div'),
  RealDiv: two('Div'),
  TruncateDiv: two('Div'),
  FloorDiv: { convert: binary(floorDivOf) },
  FloorMod: { convert: binary(floorModOf) },
  Mod: { convert: truncateMod },
  TruncateMod: { convert: truncateMod },
  DivNoNan: { convert: divNoNan },
  MulNoNan: { convert: mulNoNan },
  Xdivy: { convert: xdivy },
  Xlogy: { convert: xlogy },
  Xlog1py: { convert: xlog1py },
  Pow: two('Pow'),
  SquaredDifference: { convert: squaredDifference },
  Maximum: two('Max'),
  Minimum: two('Min'),
  Atan2: { convert: atan2, limits: 'float64 in the precision of float32' },
  BitwiseAnd: two('BitwiseAnd'),
  BitwiseOr: two('BitwiseOr'),
  BitwiseXor: two('BitwiseXor'),
  LeftShift: { convert: shift('LEFT') },
  RightShift: { convert: shift('RIGHT') },
  LogicalAnd: two('And'),
  LogicalOr: two('Or'),
  Less: two('Less'),
  LessEqual: two('LessOrEqual'),
  Greater: two('Greater'),
  GreaterEqual: two('GreaterOrEqual'),
  Equal: two('Equal'),
  NotEqual: { convert: notEqual },
  ApproximateEqual: { convert: approximateEqual },
}
