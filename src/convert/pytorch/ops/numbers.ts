import type { Value } from '../../graph/types.ts'
import { cast, floating, unary } from '../emit.ts'
import { type AtenCall, type Convert, type OpTable, table } from '../op.ts'
import { floorDivide } from './binary.ts'

const WHOLE: Value = { name: '', dtype: 'int64', shape: [] }

/** Python's operators on sizes: scalars of int64. */
function operands(call: AtenCall): readonly [Value, Value] {
  const names = call.has('a') ? (['a', 'b'] as const) : (['0', '1'] as const)
  const [x, y] = names.map(name => call.operand(name, WHOLE)) as [Value, Value]
  const float = [x, y].some(({ dtype }) => dtype !== 'int64')
  return float ? [cast(call.emitter, x, 'float32'), cast(call.emitter, y, 'float32')] : [x, y]
}

const binary =
  (op: string): Convert =>
  call =>
    call.emitter.op(op, operands(call))

export const numbers: OpTable = table({
  '_operator.add': binary('Add'),
  '_operator.sub': binary('Sub'),
  '_operator.mul': binary('Mul'),
  '_operator.floordiv': call => floorDivide(call.emitter, ...operands(call)),
  '_operator.mod': binary('Mod'),
  '_operator.truediv': call =>
    call.emitter.op(
      'Div',
      operands(call).map(x => floating(call.emitter, x)),
    ),
  '_operator.neg': call => unary(call.emitter, 'Neg', call.operand(call.has('a') ? 'a' : '0', WHOLE)),
  '_operator.eq': binary('Equal'),
  '_operator.lt': binary('Less'),
  '_operator.le': binary('LessOrEqual'),
  '_operator.gt': binary('Greater'),
  '_operator.ge': binary('GreaterOrEqual'),
  'torch.sym_max': binary('Max'),
  'torch.sym_min': binary('Min'),
  'torch.sym_float': call => cast(call.emitter, call.operand(call.has('a') ? 'a' : '0', WHOLE), 'float32'),
  'math.trunc': call =>
    cast(call.emitter, call.operand(call.has('a') ? 'a' : '0', { ...WHOLE, dtype: 'float32' }), 'int64'),
})
