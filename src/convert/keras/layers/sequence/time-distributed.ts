import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { cast, shapeOf } from '../../emit.ts'
import type { Carried, LayerCall } from '../../layer.ts'
import { tensorsIn } from '../../model/calls.ts'
import { foldTime, unfoldTime } from './fold.ts'
import { anyOf } from './masking.ts'

/**
 * A layer on every step. All layers of Keras treat the rows of a batch alike when they predict: steps become rows, and
 * rows steps again.
 */
export async function timeDistributed(call: LayerCall): Promise<readonly Carried[]> {
  const { b, config, inputs } = call
  const [x] = inputs
  if (inputs.length > 1) throw new Refusal('TimeDistributed of several inputs')
  if (shapeOf(x).length < 3) throw new Refusal('TimeDistributed of an input without features')
  const mask = givenMask(call)
  const inner = call.layerIn(config.object('layer'), 'layer')
  const carry = mask && shapeOf(mask).length > 2 ? { mask: foldTime(b, mask) } : {}
  const [output, ...others] = await call.convert(inner, [{ ...foldTime(b, x), ...carry }])
  if (!output || others.length > 0) throw new Refusal('TimeDistributed of a layer with several outputs')
  const over = outputMask(call, x, mask, output.mask)
  return [{ ...unfoldTime(b, output, x), ...(over && { mask: over }) }]
}

function givenMask({ b, argument, inputs: [x] }: LayerCall): Value | undefined {
  const given = argument(2, 'mask')
  const [mask] = given ? tensorsIn(given) : []
  return mask ? cast(b, mask, 'bool') : x.mask
}

/** Keras 3 hands on the mask of the input; those before it had that of the inner layer's outputs first. */
function outputMask(
  { b, generation }: LayerCall,
  x: Value,
  mask: Value | undefined,
  inner: Value | undefined,
): Value | undefined {
  if (generation === 3) return mask
  if (inner) return unfoldTime(b, inner, x)
  let reduced = mask
  while (reduced && shapeOf(reduced).length > 2) reduced = anyOf(b, reduced)
  return reduced
}
