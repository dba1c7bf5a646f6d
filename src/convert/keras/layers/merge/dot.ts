import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { invalid } from '../../config.ts'
import { axisOf, floating, shapeOf } from '../../emit.ts'
import type { Carried, LayerCall } from '../../layer.ts'

/** Letters of its equation suffice. */
const MAX_RANK = 7

/** The sum over one axis of each of two tensors, for every row of the batch: an Einsum. */
export function dot(call: LayerCall): readonly Carried[] {
  const { b, config, dtype, inputs } = call
  if (inputs.length !== 2)
    throw invalid(`Dot '${call.name}' is called with ${inputs.length} tensors; it takes 2`)
  const [x, y] = inputs.map(input => floating(b, input, dtype)) as [Value, Value]
  if (shapeOf(x).length > MAX_RANK || shapeOf(y).length > MAX_RANK)
    throw new Refusal(`Dot of tensors with more than ${MAX_RANK} axes`)
  const [ax, ay] = axesOf(call, x, y)
  const normalize = config.bool('normalize', false)
  const operands = normalize ? [normalized(call, x, ax), normalized(call, y, ay)] : [x, y]
  if (operands.every(operand => shapeOf(operand).length === 2))
    return [b.op('ReduceSum', [b.op('Mul', operands), b.ints([1])])]
  return [b.op('Einsum', operands, { attributes: { equation: { text: equation(x, y, ax, ay) } } })]
}

function axesOf({ name, config }: LayerCall, x: Value, y: Value): readonly [number, number] {
  const [ax = -1, ay = ax] = config.intList('axes', { min: -16, max: 16 })
  const axes = [axisOf(ax, shapeOf(x).length), axisOf(ay, shapeOf(y).length)] as const
  if (axes.includes(0)) throw invalid(`Dot '${name}' goes over the batch, which is no axis for it`)
  return axes
}

/** `nab,nac->nbc`: n is the batch, a what is summed over. */
function equation(x: Value, y: Value, ax: number, ay: number): string {
  const letters = 'bcdefghijklm'
  let used = 0
  const named = (rank: number, summed: number): string =>
    Array.from({ length: rank }, (_, axis) =>
      axis === 0 ? 'n' : axis === summed ? 'a' : letters[used++]!,
    ).join('')
  const left = named(shapeOf(x).length, ax)
  const right = named(shapeOf(y).length, ay)
  const kept = `${left}${right}`.replace(/[na]/g, '')
  return `${left},${right}->n${kept}`
}

/** x / ‖x‖ along an axis, bounded as each Keras does: 1 / ‖x‖ ≤ 10⁷ in Keras 3, ‖x‖² ≥ 10⁻¹² before. */
function normalized({ b, generation }: LayerCall, x: Value, axis: number): Value {
  const squares = b.op('ReduceSum', [b.op('Mul', [x, x]), b.ints([axis])])
  const inverse = (sum: Value): Value => b.op('Reciprocal', [b.op('Sqrt', [sum])])
  const bounded =
    generation === 3
      ? b.op('Min', [inverse(squares), b.scalar(x.dtype, 1e7)])
      : inverse(b.op('Max', [squares, b.scalar(x.dtype, 1e-12)]))
  return b.op('Mul', [x, bounded])
}
