import { cast } from '../../../graph/cast.ts'
import type { Value } from '../../../graph/types.ts'
import { emitEnsemble } from '../../../trees/emit.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { ofTwo, softmax } from '../../arithmetic/probabilities.ts'
import {
  type AskInput,
  classesOf,
  type EstimatorCall,
  type EstimatorResult,
  type Fitted,
  type InputColumns,
} from '../../estimator.ts'
import { isList } from '../../fitted/fitted.ts'
import { inputOf } from '../../names.ts'
import { anEnsemble } from './forest.ts'
import { categoriesOf, encodedColumns } from './histogram-categories.ts'
import { addPredictor } from './histogram-trees.ts'

const REGRESSION = {
  squared_error: 'identity',
  least_squares: 'identity',
  absolute_error: 'identity',
  least_absolute_deviation: 'identity',
  quantile: 'identity',
  poisson: 'exp',
  gamma: 'exp',
} as const
const LOSSES = Object.keys(REGRESSION) as readonly (keyof typeof REGRESSION)[]
const CLASSIFICATION = ['log_loss', 'auto', 'binary_crossentropy', 'categorical_crossentropy'] as const

/** HistGradientBoostingRegressor. */
export async function histogramRegressor(call: EstimatorCall): Promise<EstimatorResult> {
  const link = REGRESSION[call.estimator.choice('loss', LOSSES, 'squared_error')]
  const raw = await rawOf(call, 1)
  return { kind: 'regressor', value: link === 'exp' ? new Arithmetic(call.emitter).of('Exp', raw) : raw }
}

/** HistGradientBoostingClassifier: one tree a round for two classes, else one for each class. */
export async function histogramClassifier(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  estimator.choice('loss', CLASSIFICATION, 'log_loss')
  const classes = await classesOf(estimator)
  const m = new Arithmetic(emitter)
  if (classes.labels.length > 2) {
    const raw = await rawOf(call, classes.labels.length)
    return {
      kind: 'classifier',
      classes,
      index: m.argmax(raw),
      probabilities: softmax(m, raw),
      decision: raw,
    }
  }
  const decision = m.column(await rawOf(call, 1), 0)
  const index = m.cast(m.greater(decision, 0), 'int64')
  return { kind: 'classifier', classes, index, probabilities: ofTwo(m, m.of('Sigmoid', decision)), decision }
}

/** Columns of categories that are texts are inputs of their own. */
export async function histogramInput(estimator: Fitted, _: AskInput): Promise<InputColumns | undefined> {
  const input = await inputOf(estimator)
  const categories = await categoriesOf(estimator)
  if (input?.kind !== 'columns' || !categories) return input
  const types = input.types.map((type, i) => (categories.get(i)?.kind === 'texts' ? 'string' : type))
  return inputOf(estimator, types)
}

/** Sums of the rounds' trees, and of what they begin with: float64 [N, targets]. Trees compare float64. */
async function rawOf(call: EstimatorCall, targets: number): Promise<Value> {
  const { estimator, emitter } = call
  const categories = await categoriesOf(estimator)
  const ensemble = anEnsemble(call, targets)
  for (const [i, round] of estimator.list('_predictors').entries()) {
    if (!isList(round) || round.length !== targets)
      throw estimator.invalid('_predictors', `is not of ${targets} trees a round`)
    for (const [k, predictor] of round.entries()) {
      const tree = estimator.innerOf(predictor, `_predictors[${i}][${k}]`)
      await addPredictor(ensemble, tree, k, categories)
    }
  }
  const base = Array.from(await estimator.floats('_baseline_prediction'))
  if (base.length !== targets)
    throw estimator.invalid('_baseline_prediction', `has ${base.length} numbers, and ${targets} are expected`)
  const features = await encodedColumns(call, categories)
  return cast(emitter, emitEnsemble(emitter, features, ensemble, { base }), 'float64')
}
