import { cast } from '../../../graph/cast.ts'
import type { Value } from '../../../graph/types.ts'
import { type EstimatorCall, type EstimatorConverter, features } from '../../estimator.ts'
import { comparable } from '../comparable.ts'
import { oneHot } from '../encoding/one-hot.ts'
import { countAtMost } from '../places.ts'

/** Which bin a number is in: its place, or a column for each bin. */
export const kBinsDiscretizer: EstimatorConverter = {
  async convert(call) {
    const { estimator, input, emitter } = call
    const edges = await Promise.all(estimator.arrays('bin_edges_').map(array => array.floats()))
    if (edges.length !== input.width || edges.some(({ length }) => length < 2))
      throw estimator.invalid('bin_edges_', `has ${edges.length} columns, and ${input.width} are expected`)
    const bins = edges.map(({ length }) => length - 1)
    const place = estimator.since(1) ? countAtMost(emitter, ...inner(call, edges)) : tolerant(call, edges)
    if (estimator.choice('encode', ['onehot', 'onehot-dense', 'ordinal'], 'onehot') === 'ordinal')
      return features(cast(emitter, place, 'float32'))
    return features(oneHot(emitter, place, bins))
  },
}

function inner({ input, emitter }: EstimatorCall, edges: readonly Float64Array[]): [Value, Float64Array[]] {
  const { x, atLeast } = comparable(emitter, input)
  return [x, edges.map(column => column.slice(1, -1).map(atLeast))]
}

/** 1.0 counted a number as in the next bin from 1e-5 of itself below the edge on. */
function tolerant({ input, emitter }: EstimatorCall, edges: readonly Float64Array[]): Value {
  const x = input.matrix(emitter, 'float64')
  const part = emitter.op('Mul', [emitter.op('Abs', [x]), emitter.scalar('float64', 1e-5)])
  const moved = emitter.op('Add', [x, emitter.op('Add', [part, emitter.scalar('float64', 1e-8)])])
  return countAtMost(
    emitter,
    moved,
    edges.map(column => column.slice(1, -1)),
  )
}

/** 1 above the threshold, else 0. */
export const binarizer: EstimatorConverter = {
  async convert({ estimator, input, emitter }) {
    const { x, above } = comparable(emitter, input)
    const least = emitter.scalar(x.dtype, above(estimator.number('threshold', 0)))
    return features(cast(emitter, emitter.op('GreaterOrEqual', [x, least]), 'float32'))
  },
}
