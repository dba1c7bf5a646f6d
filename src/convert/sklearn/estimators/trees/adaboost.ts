import type { Estimator } from '../../../../formats/index.ts'
import { cast } from '../../../graph/cast.ts'
import type { Value } from '../../../graph/types.ts'
import { emitClassifier, emitEnsemble } from '../../../trees/emit.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { ofTwo, softmax } from '../../arithmetic/probabilities.ts'
import { type Classes, classesOf, type EstimatorCall, type EstimatorResult } from '../../estimator.ts'
import { areTrees } from './bagging.ts'
import { anEnsemble, treeFeatures } from './forest.ts'
import { addValues, classLeaves, type Score, treeOf } from './tree.ts'

/** Estimators of the ensemble that count: with weights, of which there may be more. */
interface Weighted {
  readonly estimators: readonly Estimator[]
  readonly weights: readonly number[]
  readonly sum: number
}

async function weightedOf({ estimator }: EstimatorCall): Promise<Weighted> {
  const estimators = estimator.estimators('estimators_')
  const all = Array.from(await estimator.floats('estimator_weights_'))
  if (all.length < estimators.length || estimators.length === 0)
    throw estimator.invalid(
      'estimator_weights_',
      `has ${all.length} weights of ${estimators.length} estimators`,
    )
  const sum = all.reduce((total, weight) => total + weight, 0)
  return { estimators, weights: all.slice(0, estimators.length), sum }
}

/** AdaBoostClassifier by either algorithm: SAMME.R, which was the default until 1.5, adds up logarithms of probabilities. */
export async function adaboostClassifier(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const classes = await classesOf(estimator)
  const count = classes.labels.length
  const m = new Arithmetic(emitter)
  const weighted = await weightedOf(call)
  const { sums, index } = await decisionOf(call, weighted, classes)
  const scores = m.div(cast(emitter, sums, 'float64'), weighted.sum)
  if (count !== 2) {
    const probabilities = softmax(m, count === 1 ? scores : m.div(scores, count - 1))
    return { kind: 'classifier', classes, index: index ?? m.argmax(scores), probabilities, decision: scores }
  }
  const decision = m.column(scores, 0)
  return {
    kind: 'classifier',
    classes,
    index: m.cast(m.greater(decision, 0), 'int64'),
    // Softmax of −decision / 2 and decision / 2.
    probabilities: ofTwo(m, m.of('Sigmoid', decision)),
    decision,
  }
}

interface Decision {
  readonly sums: Value
  /** Place of the largest, where it is known. */
  readonly index?: Value
}

/** Sums of the estimators' scores [N, C]; of two classes those of the second less those of the first [N, 1]. */
async function decisionOf(call: EstimatorCall, weighted: Weighted, classes: Classes): Promise<Decision> {
  const { estimator } = call
  const count = classes.labels.length
  const real = estimator.choice('algorithm', ['SAMME', 'SAMME.R', 'deprecated'], 'SAMME') === 'SAMME.R'
  // Others than the predicted class were not held against it before 1.3.
  const others = estimator.since(3) && count > 1 ? -1 / (count - 1) : 0
  const vote = (place: number, weight: number): number[] =>
    Array.from({ length: count }, (_, k) => (k === place ? weight : others * weight))
  if (areTrees(weighted.estimators, call)) return treeDecision(call, weighted, classes, real, vote)
  return otherDecision(call, weighted, classes, real, vote)
}

type Vote = (place: number, weight: number) => number[]

async function treeDecision(
  call: EstimatorCall,
  { estimators, weights }: Weighted,
  classes: Classes,
  real: boolean,
  vote: Vote,
): Promise<Decision> {
  const count = classes.labels.length
  const two = count === 2
  const ensemble = anEnsemble(call, two ? 1 : count)
  for (const [i, one] of estimators.entries()) {
    const tree = call.look(`estimators_[${i}]`, one)
    const places = placesIn(classes, await classesOf(tree))
    const fitted = await treeOf(tree)
    const score: Score = shares => {
      const own = real ? logs(shares) : vote(places[argmax(shares)] ?? -1, weights[i]!)
      return two ? [own[1]! - own[0]!] : own
    }
    ensemble.add(fitted.tree, classLeaves(tree, fitted, [places.length], score))
  }
  if (two) return { sums: emitEnsemble(call.emitter, treeFeatures(call), ensemble) }
  const { index, scores } = emitClassifier(call.emitter, treeFeatures(call), ensemble)
  return { sums: scores, index }
}

/** (C − 1) · (log p − mean log p), of Zhu et al., "Multi-class AdaBoost", 2009. */
function logs(shares: Float64Array): number[] {
  const all = Array.from(shares, share => Math.log(Math.max(share, Number.EPSILON)))
  const mean = all.reduce((sum, log) => sum + log, 0) / all.length
  return all.map(log => (all.length - 1) * (log - mean))
}

function argmax(shares: Float64Array): number {
  let best = 0
  for (const [i, share] of shares.entries()) if (share > shares[best]!) best = i
  return best
}

/** Where an inner estimator's classes are among those of the ensemble. */
function placesIn(classes: Classes, own: Classes): readonly number[] {
  return own.labels.map(label => classes.labels.indexOf(label))
}

async function otherDecision(
  call: EstimatorCall,
  { estimators, weights }: Weighted,
  classes: Classes,
  real: boolean,
  vote: Vote,
): Promise<Decision> {
  const { estimator, emitter, input } = call
  const m = new Arithmetic(emitter)
  const count = classes.labels.length
  let sum: Value | undefined
  for (const [i, one] of estimators.entries()) {
    const found = await call.classify(`estimators_[${i}]`, one, input)
    let scores: Value
    if (real) {
      if (!found.probabilities)
        throw estimator.invalid('estimators_', 'holds classifiers without probabilities')
      const log = m.of('Log', m.max(cast(emitter, found.probabilities, 'float64'), Number.EPSILON))
      scores = m.mul(m.sub(log, m.unsqueeze(m.mean(log, 1), 1)), count - 1)
    } else {
      const table = placesIn(classes, found.classes).flatMap(place => vote(place, weights[i]!))
      scores = emitter.op('Gather', [m.numbers(table, [found.classes.labels.length, count]), found.index])
    }
    sum = sum ? m.add(sum, scores) : scores
  }
  const second = count === 2 && m.unsqueeze(m.sub(m.column(sum!, 1), m.column(sum!, 0)), 1)
  return { sums: second || sum! }
}

/** AdaBoostRegressor: of its estimators' predictions in order, the one at which half of all weights is reached. */
export async function adaboostRegressor(call: EstimatorCall): Promise<EstimatorResult> {
  const { emitter } = call
  const m = new Arithmetic(emitter)
  const weighted = await weightedOf(call)
  const { estimators, weights } = weighted
  const predictions = await predictionsOf(call, weighted)
  const { values, places } = m.smallest(predictions, estimators.length)
  const sorted = m.gather(m.numbers(weights), places, 0)
  const reached = emitter.op('CumSum', [sorted, emitter.scalar('int64', 1)])
  const half = m.mul(m.gather(reached, [estimators.length - 1], 1), 0.5)
  const first = m.argmax(m.cast(m.greaterOrEqual(reached, half), 'float64'))
  const value = emitter.op('GatherElements', [values, m.unsqueeze(first, 1)], {
    attributes: { axis: { int: 1 } },
  })
  return { kind: 'regressor', value }
}

/** Of each estimator: float64 [N, T]. */
async function predictionsOf(call: EstimatorCall, { estimators }: Weighted): Promise<Value> {
  const { emitter, input } = call
  if (areTrees(estimators, call)) {
    const ensemble = anEnsemble(call, estimators.length)
    for (const [i, one] of estimators.entries())
      addValues(ensemble, await treeOf(call.look(`estimators_[${i}]`, one)), i)
    return cast(emitter, emitEnsemble(emitter, treeFeatures(call), ensemble), 'float64')
  }
  const all: Value[] = []
  for (const [i, one] of estimators.entries())
    all.push(cast(emitter, (await call.regress(`estimators_[${i}]`, one, input)).value, 'float64'))
  return new Arithmetic(emitter).concat(all, 1)
}
