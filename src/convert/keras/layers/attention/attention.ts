import type { Emitter, Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { invalid } from '../../config.ts'
import { same, shapeOf } from '../../emit.ts'
import type { Carried, LayerCall } from '../../layer.ts'
import { causalMask } from './masks.ts'

type Scores = (call: LayerCall, query: Value, key: Value) => Value

/** Luong's attention: scores are products of queries and keys, or of their sums' tangents. */
export const attention = (call: LayerCall): readonly Carried[] => attend(call, luongScores)

/** Bahdanau's attention: scores are weighted sums of tangents. */
export const additiveAttention = (call: LayerCall): readonly Carried[] => attend(call, bahdanauScores)

function attend(call: LayerCall, scoresOf: Scores): readonly Carried[] {
  const { b, inputs } = call
  const [query, value, key = value] = inputs
  if (!value || inputs.length > 3)
    throw invalid(`${call.className} '${call.name}' is called with ${inputs.length} tensors; it takes 2 or 3`)
  if (inputs.some(input => shapeOf(input).length !== 3))
    throw new Refusal('an attention to tensors that are not [batch, steps, features]')
  const { mask: queryMask } = query
  const scores = masked(call, scoresOf(call, query, key!), query, value)
  const weights = same(b, 'Softmax', scores, { axis: { int: -1 } })
  const attended = b.op('MatMul', [weights, value])
  const output: Carried = queryMask ? { ...zeroUnless(b, queryMask, attended), mask: queryMask } : attended
  return flag(call, 3, 'return_attention_scores') ? [output, weights] : [output]
}

function luongScores(call: LayerCall, query: Value, key: Value): Value {
  const { b, config, weights } = call
  const useScale = config.bool('use_scale', false)
  const scale = useScale ? call.weight('scale', 0) : undefined
  if (config.choice('score_mode', ['dot', 'concat'], 'dot') === 'dot') {
    const turned = b.op('Transpose', [key], { attributes: { perm: { ints: [0, 2, 1] } } })
    const product = b.op('MatMul', [query, turned])
    return scale ? b.op('Mul', [product, scale]) : product
  }
  const pairs = sums(b, query, key)
  const tangents = same(b, 'Tanh', scale ? b.op('Mul', [scale, pairs]) : pairs)
  const weight = weights.get('concat_score_weight', useScale ? 1 : 0)
  return b.op('Mul', [b.weight(weight, weight.name), sumLast(b, tangents)])
}

function bahdanauScores(call: LayerCall, query: Value, key: Value): Value {
  const { b, config } = call
  const tangents = same(b, 'Tanh', sums(b, query, key))
  if (!config.bool('use_scale', true)) return sumLast(b, tangents)
  return sumLast(b, b.op('Mul', [call.weight('scale', 0), tangents]))
}

/** All sums of a query and a key: [batch, queries, keys, features]. */
function sums(b: Emitter, query: Value, key: Value): Value {
  return b.op('Add', [b.op('Unsqueeze', [query, b.ints([2])]), b.op('Unsqueeze', [key, b.ints([1])])])
}

function sumLast(b: Emitter, x: Value): Value {
  return b.op('ReduceSum', [x, b.ints([3])], { attributes: { keepdims: { int: 0 } } })
}

/** Scores that are left out are made smaller by so much that their weight is 0. */
function masked(call: LayerCall, scores: Value, query: Carried, value: Carried): Value {
  const { b, config } = call
  const causal = flag(call, 4, 'use_causal_mask') || config.bool('causal', false)
  const parts = [
    ...(value.mask ? [b.op('Unsqueeze', [value.mask, b.ints([1])])] : []),
    ...(causal ? [causalMask(b, query, value)] : []),
  ]
  if (parts.length === 0) return scores
  const mask = parts.reduce((one, other) => b.op('And', [one, other]))
  const less = b.scalar(scores.dtype, scores.dtype === 'float16' ? 65504 : 1e9)
  return b.op('Where', [mask, scores, b.op('Sub', [scores, less])])
}

function zeroUnless(b: Emitter, mask: Value, x: Value): Value {
  return b.op('Where', [b.op('Unsqueeze', [mask, b.ints([-1])]), x, b.scalar(x.dtype, 0)])
}

/** Whether an argument is true. */
export function flag(call: LayerCall, index: number, name: string): boolean {
  const argument = call.argument(index, name)
  return argument?.kind === 'plain' && argument.json === true
}
