import type { Estimator, EstimatorValue } from '../../formats/index.ts'
import type { GraphBuilder } from '../graph/builder.ts'
import { cast } from '../graph/cast.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { Columns, joined, rowsOf, widthOf } from './columns.ts'
import { decomposition } from './estimators/decomposition/index.ts'
import { expanding } from './estimators/expanding/index.ts'
import { scaling } from './estimators/scaling/index.ts'
import { trees } from './estimators/trees/index.ts'
import { isKind, isList } from './fitted/fitted.ts'

/** Places behind the point that a decimal of float32's precision has, where it is no less than 1e-4. */
const MAX_PLACES = 10
/** Values of a model that are looked through; steps of pipelines stand at its beginning. */
const MAX_LOOKED_AT = 100_000

/**
 * Inputs as the decimals that their owner sent, in float64, where it matters: a tree behind a scaler splits at what the
 * scaler made of a number that was learnt, and 0.91 is not to come out on the other side because it came as float32's
 * 0.910000026. Trees alone, and models that don't jump, get the numbers as they come.
 */
export function exactInputs(graph: GraphBuilder, estimator: Estimator, columns: Columns): Columns {
  if (!jumpsBehindArithmetic(estimator)) return columns
  const places = columns.blocks.flatMap((block, i) =>
    block.dtype === 'float32' && block.name !== '' ? [i] : [],
  )
  if (places.length === 0) return columns
  const emitter = graph.at({ name: 'input', kind: 'input' })
  const sent = joined(
    emitter,
    places.map(i => columns.blocks[i]!),
    'float32',
  )
  const exact = new Columns([restored(emitter, sent)])
  let at = 0
  const blocks = columns.blocks.flatMap((block, i) => {
    if (!places.includes(i)) return [block]
    const width = widthOf(block)
    at += width
    const own = Array.from({ length: width }, (_, column) => at - width + column)
    return exact.pick(emitter, own).blocks
  })
  return new Columns(blocks)
}

/**
 * float32 [N, k] to float64: of the decimals of up to 9 places that float32 rounds to x the shortest, else x itself. A
 * whole number over a power of ten is the nearest float64 to the decimal.
 */
function restored(emitter: Emitter, x: Value): Value {
  const [rows, k] = [rowsOf(x), widthOf(x)]
  const grid = { types: [{ dtype: 'float64' as const, shape: [rows, k, MAX_PLACES] }] }
  const wide = cast(emitter, x, 'float64')
  const column = emitter.op('Unsqueeze', [wide, emitter.ints([2])], {
    types: [{ dtype: 'float64', shape: [rows, k, 1] }],
  })
  const powers = emitter.constant(
    'float64',
    [MAX_PLACES],
    Array.from({ length: MAX_PLACES }, (_, places) => 10 ** places),
  )
  const whole = emitter.op('Round', [emitter.op('Mul', [column, powers], grid)], grid)
  const decimals = emitter.op('Div', [whole, powers], grid)
  const rounded = cast(emitter, cast(emitter, decimals, 'float32'), 'float64')
  const fits = emitter.op('Equal', [rounded, column], {
    types: [{ dtype: 'bool', shape: [rows, k, MAX_PLACES] }],
  })
  const none = emitter.op('Equal', [column, column], { types: [{ dtype: 'bool', shape: [rows, k, 1] }] })
  // The number itself stands last: it is taken where no decimal fits. NaN is no decimal, and is equal to nothing.
  const options = emitter.op('Concat', [decimals, column], {
    attributes: { axis: { int: 2 } },
    types: [{ dtype: 'float64', shape: [rows, k, MAX_PLACES + 1] }],
  })
  const marks = emitter.op('Concat', [cast(emitter, fits, 'int32'), cast(emitter, none, 'int32')], {
    attributes: { axis: { int: 2 } },
    types: [{ dtype: 'int32', shape: [rows, k, MAX_PLACES + 1] }],
  })
  const first = emitter.op('ArgMax', [marks], {
    attributes: { axis: { int: 2 }, keepdims: { int: 1 } },
    types: [{ dtype: 'int64', shape: [rows, k, 1] }],
  })
  const taken = emitter.op('GatherElements', [options, first], {
    attributes: { axis: { int: 2 } },
    types: [{ dtype: 'float64', shape: [rows, k, 1] }],
  })
  return emitter.op('Squeeze', [taken, emitter.ints([2])], {
    types: [{ dtype: 'float64', shape: [rows, k] }],
  })
}

/** Whose answers jump at numbers that they learnt, beside trees. */
const BINS: ReadonlySet<string> = new Set(['KBinsDiscretizer', 'Binarizer'])

function jumpsBehindArithmetic(root: Estimator): boolean {
  let [jumps, computes, left] = [false, false, MAX_LOOKED_AT]
  const open: EstimatorValue[] = [root]
  const seen = new Set<EstimatorValue>()
  while (open.length > 0 && !(jumps && computes) && left-- > 0) {
    const value = open.pop()!
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (isList(value)) open.push(...value.slice(0, MAX_STEPS))
    if (isKind(value, 'array')) open.push(...(value.objects ?? []).slice(0, MAX_STEPS))
    if (!isKind(value, 'estimator')) continue
    const { className } = value
    const isJumping = Object.hasOwn(trees, className) || BINS.has(className)
    jumps ||= isJumping
    computes ||=
      !isJumping && [scaling, expanding, decomposition].some(table => Object.hasOwn(table, className))
    // What is within a forest are trees.
    if (!isJumping || className.startsWith('Bagging'))
      open.push(...value.params.values(), ...value.fitted.values())
  }
  return jumps && computes
}

/** Of a pipeline, union or ensemble: what is behind them are more of the same. */
const MAX_STEPS = 100
