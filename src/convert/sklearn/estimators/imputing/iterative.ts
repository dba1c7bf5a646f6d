import type { Estimator } from '../../../../formats/index.ts'
import { cast } from '../../../graph/cast.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { Columns } from '../../columns.ts'
import type { EstimatorCall, EstimatorConverter, Fitted } from '../../estimator.ts'
import { isKind } from '../../fitted/fitted.ts'
import { withIndicator } from './indicator.ts'
import { maskOf, missingOf } from './missing.ts'

/** Missing numbers from regressions on the other columns, in the order in which they were fitted, over and over. */
export const iterativeImputer: EstimatorConverter = {
  limits: 'not with sample_posterior=True, which draws random numbers',
  async convert(call) {
    const { estimator, input, emitter } = call
    if (estimator.bool('sample_posterior', false))
      throw new Refusal('sample_posterior=True draws random numbers', 'Fit it with sample_posterior=False.')
    const first = await call.transform('initial_imputer_', estimator.estimator('initial_imputer_'), input)
    const sent = new Columns([input.matrix(emitter, 'float64')], input.open)
    const kept = await keptOf(call, input.width)
    const mask = new Columns([maskOf(emitter, sent.blocks[0]!, missingOf(estimator))], input.open)
    const masks = mask.pick(emitter, kept).split(emitter)
    const start = new Columns([first.matrix(emitter, 'float64')], first.open)
    const filled = await rounds(call, start, masks)
    const blocks = filled.map(column => column.blocks[0]!)
    return withIndicator(call, new Columns(untilAllMissing(emitter, start, blocks, masks), input.open))
  },
}

/** Columns that had something when it was fitted; the initial imputer leaves out the others. */
async function keptOf({ estimator }: EstimatorCall, width: number): Promise<readonly number[]> {
  const all = Array.from({ length: width }, (_, i) => i)
  if (estimator.bool('keep_empty_features', false)) return all
  const statistics = await estimator.object('initial_imputer_').floats('statistics_', [width])
  return all.filter(i => !Number.isNaN(statistics[i]))
}

interface Turn {
  readonly column: number
  readonly others: readonly number[]
  readonly estimator: Estimator
}

async function turnsOf(estimator: Fitted, width: number): Promise<readonly Turn[]> {
  return Promise.all(
    estimator.list('imputation_sequence_').map(async item => {
      const [column, neighbors, inner] = isKind(item, 'object') ? item.args : []
      const others = await estimator.arrayOf(neighbors, 'imputation_sequence_').integers()
      const fits = [column, ...others].every(
        place => typeof place === 'number' && Number.isInteger(place) && place >= 0 && place < width,
      )
      if (typeof column !== 'number' || !fits || !isKind(inner, 'estimator'))
        throw estimator.invalid('imputation_sequence_', 'holds something else than columns and estimators')
      return { column, others, estimator: inner }
    }),
  )
}

async function rounds(
  call: EstimatorCall,
  start: Columns,
  masks: readonly Columns[],
): Promise<readonly Columns[]> {
  const { estimator, emitter } = call
  const columns = [...start.split(emitter)]
  const bounds = {
    low: await estimator.floats(['_min_value', 'min_value_'], [columns.length]),
    high: await estimator.floats(['_max_value', 'max_value_'], [columns.length]),
  }
  for (const [i, turn] of (await turnsOf(estimator, columns.length)).entries()) {
    const others = Columns.beside(turn.others.map(place => columns[place]!))
    const matrix = new Columns([others.matrix(emitter, 'float64')], others.open)
    const { value } = await call.regress(`imputation_sequence_[${i}]`, turn.estimator, matrix)
    const [low, high] = [bounds.low, bounds.high].map(bound => emitter.scalar('float64', bound[turn.column]!))
    const held = columns[turn.column]!
    const within = emitter.op('Clip', [cast(emitter, value, 'float64'), low, high])
    const old = held.matrix(emitter, 'float64')
    const filled = emitter.op('Where', [masks[turn.column]!.blocks[0]!, within, old], { types: [old] })
    columns[turn.column] = new Columns([filled], held.open)
  }
  return columns
}

/** Where all of a batch is missing, scikit-learn leaves it at the first guess. */
function untilAllMissing(
  emitter: Emitter,
  start: Columns,
  filled: readonly Value[],
  masks: readonly Columns[],
): readonly Value[] {
  const each = masks.map(({ blocks: [mask] }) => cast(emitter, mask!, 'int64'))
  const least = each.map(mask =>
    emitter.op('ReduceMin', [mask], {
      attributes: { keepdims: { int: 0 } },
      types: [{ dtype: 'int64', shape: [] }],
    }),
  )
  const all = least.reduce((a, b) => emitter.op('Mul', [a, b], { types: [{ dtype: 'int64', shape: [] }] }))
  const whole = emitter.op('Equal', [all, emitter.scalar('int64', 1)])
  return start
    .split(emitter)
    .map(({ blocks: [column] }, i) => emitter.op('Where', [whole, column!, filled[i]!], { types: [column!] }))
}
