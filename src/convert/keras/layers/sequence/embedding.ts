import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { cast } from '../../emit.ts'
import type { Carried, LayerCall } from '../../layer.ts'

/** Rows of a table by their numbers; Keras casts numbers that are neither int32 nor int64 to int32. */
export function embedding(call: LayerCall): readonly Carried[] {
  const { b, config, inputs } = call
  const [x] = inputs
  if (config.get('quantization_config') !== undefined)
    throw new Refusal('a quantized Embedding', 'Save the model before it is quantized.')
  const numbers = isIndex(x) ? x : cast(b, x, 'int32')
  const output = b.op('Gather', [call.weight('embeddings', 0), numbers])
  if (!config.bool('mask_zero', false)) return [output]
  const zero = b.op('Equal', [x, b.scalar(x.dtype, 0)])
  return [{ ...output, mask: b.op('Not', [zero]) }]
}

function isIndex({ dtype }: Value): boolean {
  return dtype === 'int32' || dtype === 'int64'
}
