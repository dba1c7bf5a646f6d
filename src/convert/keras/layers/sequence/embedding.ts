import { DTYPES } from '../../../../core/index.ts'
import { isFloat } from '../../../graph/dtypes.ts'
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

/** An Embedding, or with `reverse`, the scores of all rows of its table: x · tableᵀ, or x by a table of its own. */
export function reversibleEmbedding(call: LayerCall): readonly Carried[] {
  const { b, config, inputs } = call
  const reverse = call.argument(1, 'reverse')
  if (!(reverse?.kind === 'plain' && reverse.json === true)) return embedding(call)
  const table = config.bool('tie_weights', true)
    ? b.op('Transpose', [call.weight('embeddings', 0)], { attributes: { perm: { ints: [1, 0] } } })
    : call.weight('reverse_embeddings', 1)
  const [x, kernel] = [inputs[0], table].map(value => inReverseType(call, value))
  const scores = b.op('MatMul', [x, kernel])
  if (!config.has('logit_soft_cap')) return [scores]
  const cap = b.scalar(scores.dtype, config.number('logit_soft_cap'))
  return [b.op('Mul', [b.op('Tanh', [b.op('Div', [scores, cap])]), cap])]
}

function inReverseType({ b, config }: LayerCall, x: Value): Value {
  if (!config.has('reverse_dtype')) return x
  return cast(b, x, config.choice('reverse_dtype', DTYPES.filter(isFloat)))
}

function isIndex({ dtype }: Value): boolean {
  return dtype === 'int32' || dtype === 'int64'
}
