import { cast } from '../../../graph/cast.ts'
import type { Value } from '../../../graph/types.ts'
import { emitEnsemble } from '../../../trees/emit.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { ofTwo, softmax } from '../../arithmetic/probabilities.ts'
import { classesOf, type EstimatorCall, type EstimatorResult } from '../../estimator.ts'
import { anEnsemble, treeFeatures } from './forest.ts'
import { initialOf, type Loss } from './initial.ts'
import { addValues, treeOf } from './tree.ts'

const LOSSES = ['log_loss', 'deviance', 'exponential'] as const

/** GradientBoostingRegressor: what it begins with, and the trees' values. */
export async function gradientRegressor(call: EstimatorCall): Promise<EstimatorResult> {
  return { kind: 'regressor', value: await rawOf(call, 'identity', 1) }
}

/** GradientBoostingClassifier: one tree a round for two classes, else one for each class. */
export async function gradientClassifier(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const exponential = estimator.choice('loss', LOSSES, 'log_loss') === 'exponential'
  const classes = await classesOf(estimator)
  const m = new Arithmetic(emitter)
  if (classes.labels.length > 2) {
    const raw = await rawOf(call, 'multinomial', classes.labels.length)
    return {
      kind: 'classifier',
      classes,
      index: m.argmax(raw),
      probabilities: softmax(m, raw),
      decision: raw,
    }
  }
  const decision = m.column(await rawOf(call, exponential ? 'half-logit' : 'logit', 1), 0)
  // The second of two equally probable classes, with this loss, or since 1.4.
  const second = exponential || estimator.since(4) ? m.greaterOrEqual(decision, 0) : m.greater(decision, 0)
  const yes = m.of('Sigmoid', exponential ? m.mul(decision, 2) : decision)
  return {
    kind: 'classifier',
    classes,
    index: m.cast(second, 'int64'),
    probabilities: ofTwo(m, yes),
    decision,
  }
}

/** Sums of the stages' trees, times the learning rate, and of what they begin with: float64 [N, K]. */
async function rawOf(call: EstimatorCall, loss: Loss, targets: number): Promise<Value> {
  const { estimator, emitter } = call
  const rate = estimator.number('learning_rate', 0.1)
  const stages = estimator.array('estimators_')
  estimator.checkShape('estimators_', stages, [null, targets])
  const ensemble = anEnsemble(call, targets)
  for (const [i, tree] of estimator.estimators('estimators_').entries()) {
    const name = `estimators_[${Math.floor(i / targets)}, ${i % targets}]`
    const fitted = await treeOf(call.look(name, tree))
    if (fitted.width !== 1) throw estimator.invalid('estimators_', `has trees of ${fitted.width} targets`)
    addValues(ensemble, fitted, i % targets, rate)
  }
  const initial = await initialOf(call, loss, targets)
  const base = Array.isArray(initial) ? { base: initial as readonly number[] } : {}
  const sums = cast(emitter, emitEnsemble(emitter, treeFeatures(call), ensemble, base), 'float64')
  return isValue(initial) ? new Arithmetic(emitter).add(sums, initial) : sums
}

function isValue(initial: readonly number[] | Value): initial is Value {
  return !Array.isArray(initial)
}
