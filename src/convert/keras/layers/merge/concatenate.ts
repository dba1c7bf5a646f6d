import type { Emitter, Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { axisOf, shapeOf } from '../../emit.ts'
import type { Carried, LayerCall } from '../../layer.ts'
import { commonType, countsInOne, withMask } from './operands.ts'

export function concatenate(call: LayerCall): readonly Carried[] {
  const { b, config, inputs } = call
  const operands = commonType(b, inputs)
  const axis = axisOf(config.int('axis', -1, { min: -64, max: 64 }), shapeOf(operands[0]!).length)
  const output = b.op('Concat', operands, { attributes: { axis: { int: axis } } })
  return [withMask(output, concatenatedMask(call, operands, axis))]
}

/**
 * Masks are concatenated as their tensors are, where the axis is one of theirs; a tensor without one counts whole. Along the features,
 * a step counts as it does in other merges.
 */
function concatenatedMask(call: LayerCall, inputs: readonly Carried[], axis: number): Value | undefined {
  const { b } = call
  const given = inputs.flatMap(({ mask }) => mask ?? [])
  if (given.length === 0) return undefined
  const rank = shapeOf(given[0]!).length
  if (given.some(mask => shapeOf(mask).length !== rank) || shapeOf(inputs[0]!).length !== rank + 1)
    throw new Refusal('Concatenate of masked tensors that have several axes behind the steps')
  const along = axis < rank
  if (!along && !countsInOne(call)) return reduce(b, 'And', given)
  const masks = inputs.map(input => input.mask ?? whole(b, input))
  if (along) return b.op('Concat', masks, { attributes: { axis: { int: axis } } })
  return reduce(b, 'Or', masks)
}

function reduce(b: Emitter, op: 'And' | 'Or', masks: readonly Value[]): Value {
  return masks.reduce((all, mask) => b.op(op, [all, mask]))
}

/** All true, without the last axis. */
function whole(b: Emitter, x: Value): Value {
  const sizes = b.op('Shape', [x], { attributes: { end: { int: -1 } } })
  return b.op('Expand', [b.constant('bool', [], [1]), sizes])
}
