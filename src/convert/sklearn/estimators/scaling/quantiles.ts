import { cast } from '../../../graph/cast.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import { type EstimatorConverter, features } from '../../estimator.ts'
import { type Comparable, comparable } from '../comparable.ts'
import { normalQuantile } from '../normal-quantile.ts'
import { countAtMost, lookedUp } from '../places.ts'
import { type Line, lineOf } from './interpolation.ts'

/** scikit-learn's BOUNDS_THRESHOLD, less the spacing of 1. */
const SMALLEST = 1e-7 - Number.EPSILON
/** How near to a bound counts as beyond it. */
const NEAR = 1e-7

/**
 * Places among the quantiles that `fit` found, interpolated from below and from above: where quantiles are equal, the
 * mean of both ends.
 */
export const quantileTransformer: EstimatorConverter = {
  async convert({ estimator, input, emitter }) {
    const references = await estimator.floats('references_', [null])
    const flat = await estimator.floats('quantiles_', [references.length, input.width])
    const columns = Array.from({ length: input.width }, (_, column) =>
      flat.filter((_, i) => i % input.width === column),
    )
    const compared = comparable(emitter, input)
    const lines = columns.map(quantiles => lineOf(quantiles, references, compared))
    const normal = estimator.choice('output_distribution', ['uniform', 'normal'], 'uniform') === 'normal'
    const x = cast(emitter, compared.x, 'float64')
    const value = interpolated(emitter, { x, compared }, lines)
    if (!normal) return features(value)
    return features(asNormal(emitter, beyondBounds(emitter, x, value, columns)))
  },
}

interface Sent {
  readonly x: Value
  readonly compared: Comparable
}

/** Of each column: at a point its own value, and a line between points. */
function interpolated(emitter: Emitter, { x, compared }: Sent, lines: readonly Line[]): Value {
  const points = lines.map(line => line.points)
  const place = countAtMost(emitter, compared.x, points)
  const table = (name: 'slopes' | 'starts' | 'values' | 'own'): Value =>
    lookedUp(
      emitter,
      lines.map(line => line[name]),
      place,
      'float64',
    )
  const nearest = lines.map(line => line.starts)
  const dtype = compared.x.dtype === 'float32' ? 'float32' : 'float64'
  const point = lookedUp(emitter, nearest, place, dtype)
  const within = emitter.op('Sub', [x, table('starts')])
  const between = emitter.op('Add', [emitter.op('Mul', [within, table('slopes')]), table('values')])
  return emitter.op('Where', [emitter.op('Equal', [compared.x, point]), table('own'), between])
}

function beyondBounds(emitter: Emitter, x: Value, value: Value, columns: readonly Float64Array[]): Value {
  const bound = (at: (column: Float64Array) => number): Value =>
    emitter.constant('float64', [columns.length], columns.map(at))
  const low = emitter.op('Less', [x, bound(column => column[0]! + NEAR)])
  const high = emitter.op('Greater', [x, bound(column => column.at(-1)! - NEAR)])
  const upper = emitter.op('Where', [high, emitter.scalar('float64', 1), value])
  return emitter.op('Where', [low, emitter.scalar('float64', 0), upper])
}

function asNormal(emitter: Emitter, p: Value): Value {
  const [low, high] = [SMALLEST, 1 - SMALLEST].map(bound => emitter.scalar('float64', bound))
  return normalQuantile(emitter, emitter.op('Clip', [p, low, high]))
}
