import type { Value } from '../../../graph/types.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import { above, normalized, ofTwo, softmax } from '../../arithmetic/probabilities.ts'
import {
  type Classes,
  type ClassifierResult,
  classesOf,
  type EstimatorCall,
  type EstimatorConverter,
  type EstimatorResult,
  type Fitted,
} from '../../estimator.ts'
import { linearPredictor } from './predictor.ts'

/** What `LinearClassifierMixin` decides: of two classes the second above 0, of more that of the largest score. */
export interface Decided {
  readonly m: Arithmetic
  readonly classes: Classes
  /** Float64 [N] of two classes, [N, C] of more. */
  readonly decision: Value
  readonly index: Value
}

export async function decided(call: EstimatorCall, classes?: Classes): Promise<Decided> {
  const known = classes ?? (await classesOf(call.estimator))
  const m = new Arithmetic(call.emitter)
  const scores = await linearPredictor(call)
  const count = known.labels.length
  const width = scores.shape?.[1]
  if (width !== (count === 2 ? 1 : count))
    throw call.estimator.invalid('coef_', `has ${width} rows for ${count} classes`)
  if (count > 2) return { m, classes: known, decision: scores, index: m.argmax(scores) }
  const decision = m.squeeze(scores, 1)
  return { m, classes: known, decision, index: above(m, decision, 0) }
}

const resultOf = ({ classes, decision, index }: Decided, probabilities?: Value): ClassifierResult => ({
  kind: 'classifier',
  index,
  classes,
  decision,
  ...(probabilities && { probabilities }),
})

/** Perceptron, LinearSVC and others that give no probabilities. */
async function deciding(call: EstimatorCall): Promise<EstimatorResult> {
  return resultOf(await decided(call))
}

async function logistic(call: EstimatorCall): Promise<EstimatorResult> {
  const found = await decided(call)
  const { m, decision } = found
  if (isOneVersusRest(call.estimator, found.classes)) return resultOf(found, logisticProbabilities(found))
  // Two classes of the multinomial loss have one row of coefficients: d stands for the scores −d and d.
  const scores = isBinary(found) ? m.columns([m.of('Neg', decision), decision]) : decision
  return resultOf(found, softmax(m, scores))
}

/** LogisticRegression.predict_proba, by version: `multi_class` is gone since 1.8. */
function isOneVersusRest(estimator: Fitted, { labels }: Classes): boolean {
  const way = estimator.has('multi_class') ? estimator.text('multi_class') : 'auto'
  if (way === 'ovr' || way === 'warn') return true
  if (way === 'multinomial') return false
  const solver = estimator.text('solver', 'lbfgs')
  const apart = solver === 'liblinear' || (solver === 'newton-cholesky' && !estimator.since(6))
  return labels.length <= 2 || (apart && !estimator.since(8))
}

const isBinary = ({ classes }: Decided): boolean => classes.labels.length <= 2

/** The logistic function of each score, divided by their sum where there are more than two classes. */
export function logisticProbabilities(found: Decided): Value {
  const { m, decision, classes } = found
  const each = m.logistic(decision)
  return isBinary(found) ? ofTwo(m, each) : normalized(m, each, classes.labels.length)
}

async function sgd(call: EstimatorCall): Promise<EstimatorResult> {
  const found = await decided(call)
  const loss = call.estimator.text('loss', 'hinge')
  if (loss === 'log_loss' || loss === 'log') return resultOf(found, logisticProbabilities(found))
  return resultOf(found, loss === 'modified_huber' ? huberProbabilities(found) : undefined)
}

/** (clip(d, −1, 1) + 1) / 2: Zadrozny and Elkan 2002, as SGDClassifier.predict_proba cites it. */
function huberProbabilities(found: Decided): Value {
  const { m, decision, classes } = found
  const each = m.div(m.add(m.max(m.min(decision, 1), -1), 1), 2)
  return isBinary(found) ? ofTwo(m, each) : normalized(m, each, classes.labels.length)
}

/** `classes_` are its binarizer's. With several labels, each is a target of its own, −1 or 1. */
async function ridge(call: EstimatorCall): Promise<EstimatorResult> {
  const binarizer = call.estimator.object('_label_binarizer')
  const type = binarizer.text('y_type_')
  if (!type.startsWith('multilabel')) return resultOf(await decided(call, await classesOf(binarizer)))
  const m = new Arithmetic(call.emitter)
  const decision = await linearPredictor(call)
  return { kind: 'multilabel', label: above(m, decision, 0), decision }
}

export const classifiers: Readonly<Record<string, EstimatorConverter>> = {
  LogisticRegression: { convert: logistic },
  LogisticRegressionCV: { convert: logistic },
  SGDClassifier: { convert: sgd },
  Perceptron: { convert: deciding },
  PassiveAggressiveClassifier: { convert: deciding },
  LinearSVC: { convert: deciding },
  RidgeClassifier: { convert: ridge },
  RidgeClassifierCV: { convert: ridge },
}
