import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { cast } from '../../emit.ts'
import type { Argument, Carried, LayerCall } from '../../layer.ts'
import { tensorsIn } from '../../model/calls.ts'
import type { Sequence } from './sequence.ts'

/** What a recurrent layer is called with. */
export interface RecurrentArguments extends Sequence {
  /** The mask that goes on with whole sequences: not always the one that the layer heeds. */
  readonly outputMask: Value | undefined
}

/**
 * Keras 3 has first states and a mask as the 2nd and 3rd argument, and a layer that is called with first states heeds
 * a mask that is an argument alone. Keras 2 has states behind the input, in one list.
 */
export function recurrentArguments(call: LayerCall): RecurrentArguments {
  const [x = call.inputs[0], ...behind] = tensorsOf(call.argument(0, 'sequences'))
  const initial = [...behind, ...tensorsOf(call.argument(1, 'initial_state'))]
  const given = givenMask(call)
  const heeded = call.generation < 3 || initial.length === 0 ? x.mask : undefined
  return {
    x,
    mask: given ?? heeded,
    outputMask: given ?? x.mask,
    ...(initial.length > 0 && { initial }),
  }
}

/** The mask that a call names: of several, that of the input. */
function givenMask(call: LayerCall): Value | undefined {
  const [mask] = tensorsOf(call.argument(2, 'mask'))
  if (!mask) return undefined
  if (mask.shape?.length !== 2) throw new Refusal('a mask that is not [batch, steps]')
  return cast(call.b, mask, 'bool')
}

function tensorsOf(argument: Argument | undefined): readonly Carried[] {
  return argument ? tensorsIn(argument) : []
}
