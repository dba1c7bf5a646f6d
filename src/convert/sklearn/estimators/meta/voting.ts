import type { Value } from '../../../graph/types.ts'
import { Refusal } from '../../../refusals.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import {
  type ClassifierResult,
  classesOf,
  type EstimatorCall,
  type EstimatorConverter,
  type EstimatorResult,
  type Fitted,
  features,
} from '../../estimator.ts'
import { isList } from '../../fitted/fitted.ts'
import { innerOf, inputOfInner, placesOf } from './inner.ts'

/** `weights` of those of `estimators` that were not dropped: as many as were fitted. */
async function weightsOf(estimator: Fitted, count: number): Promise<readonly number[] | undefined> {
  if (estimator.isNone('weights')) return undefined
  const all = Array.from(await estimator.floats('weights'))
  const dropped = estimator.list('estimators').map(item => {
    const part = isList(item) ? item[1] : undefined
    return part === 'drop' || part === null
  })
  const weights = all.filter((_, i) => !dropped[i])
  if (weights.length !== count)
    throw estimator.invalid('weights', `leaves ${weights.length} for ${count} estimators`)
  return weights
}

/** Σ weight · value / Σ weight, in that order, as numpy.average does it. */
function averaged(m: Arithmetic, values: readonly Value[], weights: readonly number[] | undefined): Value {
  const weighed = weights ? values.map((value, i) => m.mul(value, weights[i]!)) : values
  const sum = weighed.reduce((a, b) => m.add(a, b))
  return m.div(sum, weights ? weights.reduce((a, b) => a + b, 0) : values.length)
}

async function classifier(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const m = new Arithmetic(emitter)
  const classes = await classesOf(estimator)
  const all: ClassifierResult[] = []
  for (const { name, inner } of innerOf(estimator, 'estimators_'))
    all.push(await call.classify(name, inner, call.input))
  const weights = await weightsOf(estimator, all.length)
  if (estimator.choice('voting', ['hard', 'soft'], 'hard') === 'soft') {
    const each = all.map(({ probabilities }) => {
      if (probabilities) return probabilities
      throw new Refusal('one of its estimators gives no probabilities')
    })
    if (call.purpose === 'transform') return features(...each)
    const probabilities = averaged(m, each, weights)
    return { kind: 'classifier', classes, index: m.argmax(probabilities), probabilities }
  }
  const places = all.map(result => placesOf(m, result, classes))
  if (call.purpose === 'transform') return features(m.columns(places))
  return { kind: 'classifier', classes, index: m.argmax(votes(m, places, classes.labels.length, weights)) }
}

/** What every class got: float64 [N, C]. */
function votes(
  m: Arithmetic,
  places: readonly Value[],
  count: number,
  weights: readonly number[] | undefined,
): Value {
  const each = m.emitter.constant(
    'int64',
    [1, count],
    Array.from({ length: count }, (_, i) => i),
  )
  const cast = places.map((place, i) => {
    const vote = m.cast(m.equal(m.unsqueeze(place, 1), each), 'float64')
    return weights ? m.mul(vote, weights[i]!) : vote
  })
  return cast.reduce((a, b) => m.add(a, b))
}

async function regressor(call: EstimatorCall): Promise<EstimatorResult> {
  const m = new Arithmetic(call.emitter)
  const values: Value[] = []
  for (const { name, inner } of innerOf(call.estimator, 'estimators_'))
    values.push((await call.regress(name, inner, call.input)).value)
  if (call.purpose === 'transform') return features(...values)
  return { kind: 'regressor', value: averaged(m, values, await weightsOf(call.estimator, values.length)) }
}

const input = inputOfInner('estimators_')

export const votingClassifier: EstimatorConverter = { convert: classifier, input }
export const votingRegressor: EstimatorConverter = { convert: regressor, input }
