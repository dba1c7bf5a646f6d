import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { invalid } from '../../config.ts'
import { axisOf, same, shapeOf } from '../../emit.ts'
import type { Carried, LayerCall, LayerWeights } from '../../layer.ts'
import { tensorsIn } from '../../model/calls.ts'
import { flag } from './attention.ts'
import { attendHeads, fromHeads, intoHeads, repeatHeads } from './heads.ts'
import { joinMasks, maskOf } from './masks.ts'

/** Places of the arguments behind query, value and key: in Keras 2 no masks stand among them. */
const PLACES = {
  1: { mask: 3, scores: 4, causal: 6 },
  2: { mask: 3, scores: 4, causal: 6 },
  3: { mask: 6, scores: 7, causal: 9 },
}

/** MultiHeadAttention: over any axes, with masks, gates, and sizes of values and outputs. */
export function multiHeadAttention(call: LayerCall): readonly Carried[] {
  const query = tensorOf(call, 0, 'query')
  const outputs = attention(call, {
    axes: axesOf(call, shapeOf(query).length),
    size: call.config.int('key_dim', undefined, { min: 1 }),
    repeat: 1,
  })
  if (call.minor >= 8)
    call.dropMasks(
      [query, tensorOf(call, 1, 'value'), optionalTensor(call, 2, 'key')].filter(x => x !== undefined),
    )
  return outputs
}

/** GroupQueryAttention: several heads of queries to one of keys and values. */
export function groupedQueryAttention(call: LayerCall): readonly Carried[] {
  const queries = call.config.int('num_query_heads', undefined, { min: 1 })
  const repeat = queries / call.config.int('num_key_value_heads', undefined, { min: 1 })
  if (!Number.isInteger(repeat)) throw invalid(`The heads of '${call.name}' can't be shared out evenly`)
  return attention(call, { axes: [1], size: call.config.int('head_dim', undefined, { min: 1 }), repeat })
}

interface Heads {
  readonly axes: readonly number[]
  readonly size: number
  /** How many heads of queries share one of keys and values. */
  readonly repeat: number
}

function attention(call: LayerCall, { axes, size, repeat }: Heads): readonly Carried[] {
  const { b, config, weights, generation } = call
  const query = tensorOf(call, 0, 'query')
  const value = tensorOf(call, 1, 'value')
  const key = optionalTensor(call, 2, 'key')
  const ranks = [query, value, key ?? value].map(x => shapeOf(x).length)
  if (ranks.some(rank => rank < 3 || rank !== ranks[0]))
    throw new Refusal(`tensors of ${ranks.join(', ')} axes`)
  const bias = config.bool('use_bias', true)
  const heads = (x: Value, name: string): Value =>
    intoHeads(b, x, denseOf(weights, `${name}_dense`, name), bias)
  const queryMask = maskOf(call, 3, 'query_mask', query.mask)
  const withScores = flag(call, PLACES[generation].scores, 'return_attention_scores')
  const { output, scores } = attendHeads(
    b,
    heads(query, 'query'),
    repeatHeads(b, heads(key ?? value, 'key'), repeat),
    repeatHeads(b, heads(value, 'value'), repeat),
    {
      axes,
      scale: 1 / Math.sqrt(size),
      mask: maskFor(call, { query, value, key, queryMask }, axes),
      empty: emptyRows(call, withScores),
    },
  )
  const gated = config.bool('use_gate', false)
    ? b.op('Mul', [output, same(b, 'Sigmoid', heads(query, 'gate'))])
    : output
  const y = fromHeads(b, gated, denseOf(weights, 'output_dense', 'attention_output'), bias)
  const carried: Carried = queryMask ? { ...y, mask: queryMask } : y
  return withScores ? [carried, scores] : [carried]
}

/** Releases of Keras differ in which of these attributes have a name without `_`. */
function denseOf(weights: LayerWeights, attribute: string, name: string): LayerWeights {
  const dense = weights.child(attribute, name)
  return dense.find('kernel', 0) ? dense : weights.child(`_${attribute}`, name)
}

interface Attending {
  readonly query: Carried
  readonly value: Carried
  readonly key: Carried | undefined
  readonly queryMask: Value | undefined
}

function maskFor(
  call: LayerCall,
  { query, value, key, queryMask }: Attending,
  axes: readonly number[],
): Value | undefined {
  const { b, config, generation } = call
  const values = [maskOf(call, 4, 'value_mask', value.mask), maskOf(call, 5, 'key_mask', key?.mask)]
  const mask = joinMasks(
    b,
    {
      query: queryMask,
      values: values.filter(one => one !== undefined),
      given: optionalTensor(call, PLACES[generation].mask, 'attention_mask'),
      causal: flag(call, PLACES[generation].causal, 'use_causal_mask'),
      window: config.has('sliding_window') ? config.int('sliding_window', undefined, { min: 1 }) : undefined,
    },
    query,
    value,
  )
  if (mask && axes.length > 1) throw new Refusal('masks of an attention over several axes')
  return mask
}

/** Keras gives zeros since 3.14 where it computes weights itself, and a mean where its backend computes all at once. */
function emptyRows({ config, minor, inputs: [x] }: LayerCall, withScores: boolean): 'zeros' | 'mean' {
  const itself = config.number('dropout', 0) > 0 || withScores || shapeOf(x).length !== 3
  return minor >= 14 && itself ? 'zeros' : 'mean'
}

/** Default: all between the batch and the features. */
function axesOf({ config }: LayerCall, rank: number): readonly number[] {
  if (!config.has('attention_axes')) return Array.from({ length: rank - 2 }, (_, i) => i + 1)
  return config.intList('attention_axes', { min: -16, max: 16 }).map(axis => axisOf(axis, rank))
}

function tensorOf(call: LayerCall, index: number, name: string): Carried {
  const tensor = optionalTensor(call, index, name)
  if (tensor) return tensor
  throw invalid(`${call.className} '${call.name}' is called without a ${name}`)
}

function optionalTensor(call: LayerCall, index: number, name: string): Carried | undefined {
  const argument = call.argument(index, name)
  return argument && tensorsIn(argument)[0]
}
