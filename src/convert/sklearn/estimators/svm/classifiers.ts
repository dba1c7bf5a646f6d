import type { Value } from '../../../graph/types.ts'
import { classesOf, type EstimatorCall, type EstimatorResult } from '../../estimator.ts'
import { coupled } from './coupling.ts'
import { machineOf } from './machine.ts'
import { decisionsOf, oneVersusRest, votesOf } from './pairs.ts'

/** SVC and NuSVC. Pairs vote, of equal votes the first class wins; `break_ties` decides by confidence instead. */
export async function classifier(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator } = call
  const classes = await classesOf(estimator)
  const count = classes.labels.length
  const machine = await machineOf(call)
  const { m } = machine
  const pairs = await decisionsOf(machine, estimator, count)
  const probabilities = await probabilitiesOf(call, pairs, machine.m, count)
  const known = { kind: 'classifier', classes, ...(probabilities && { probabilities }) } as const
  const won = m.greater(pairs, 0)
  if (count === 2) {
    // libsvm's decision is above 0 for the first class, scikit-learn's for the second.
    const index = m.cast(m.emitter.op('Not', [m.squeeze(won, 1)]), 'int64')
    return { ...known, index, decision: m.of('Neg', m.squeeze(pairs, 1)) }
  }
  const perClass = estimator.choice('decision_function_shape', ['ovr', 'ovo'], 'ovr') === 'ovr'
  const decision = perClass ? oneVersusRest(m, m.less(pairs, 0), m.of('Neg', pairs), count) : pairs
  const breaksTies = perClass && estimator.bool('break_ties', false)
  return { ...known, index: m.argmax(breaksTies ? decision : votesOf(m, won, count)), decision }
}

/** Undefined where it was fitted without `probability`: then the sigmoids are empty. */
async function probabilitiesOf(
  { estimator }: EstimatorCall,
  pairs: Value,
  m: Parameters<typeof coupled>[0],
  classes: number,
): Promise<Value | undefined> {
  const a = estimator.has(['_probA', 'probA_']) ? await estimator.floats(['_probA', 'probA_']) : []
  if (a.length === 0) return undefined
  const count = (classes * (classes - 1)) / 2
  const b = await estimator.floats(['_probB', 'probB_'], [count])
  return coupled(m, pairs, { a: await estimator.floats(['_probA', 'probA_'], [count]), b, classes })
}
