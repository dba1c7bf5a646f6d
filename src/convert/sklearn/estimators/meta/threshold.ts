import type { EstimatorValue } from '../../../../formats/index.ts'
import { Refusal } from '../../../refusals.ts'
import { Arithmetic } from '../../arithmetic/arithmetic.ts'
import {
  type Classes,
  type ClassifierResult,
  type EstimatorCall,
  type EstimatorConverter,
  type EstimatorResult,
  type Fitted,
  toClasses,
} from '../../estimator.ts'
import { cellOf } from '../../fitted/cells.ts'
import { isKind } from '../../fitted/fitted.ts'
import { inputOfInner } from './inner.ts'

/** Scores of scikit-learn whose `pos_label` is 1 where nobody says another. */
const POSITIVE_ONE: ReadonlySet<string> = new Set(
  'f1_score fbeta_score precision_score recall_score jaccard_score'.split(' '),
)

/** Two classes, told apart by a threshold of their own. `estimator_` is not there where the estimator came fitted. */
async function convert(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter } = call
  const m = new Arithmetic(emitter)
  const name = estimator.isNone('estimator_') ? 'estimator' : 'estimator_'
  const inner = await call.classify(name, estimator.estimator(name), call.input)
  const { classes } = inner
  if (classes.labels.length !== 2) throw estimator.invalid(name, `has ${classes.labels.length} classes`)
  const tuned = estimator.has('best_threshold_')
  const positive = positiveOf(estimator, classes, tuned)
  const { score, middle } = scoreOf(estimator, inner, m, positive)
  const open = !tuned && estimator.value('threshold') === 'auto'
  const threshold = open ? middle : estimator.number(tuned ? 'best_threshold_' : 'threshold')
  const reached = m.greaterOrEqual(score, threshold)
  const place = (at: number) => emitter.scalar('int64', at)
  const index = emitter.op('Where', [reached, place(positive), place(1 - positive)])
  return { ...inner, index }
}

function scoreOf(estimator: Fitted, inner: ClassifierResult, m: Arithmetic, positive: number) {
  const method = estimator.choice('response_method', ['auto', 'predict_proba', 'decision_function'], 'auto')
  if (method !== 'decision_function' && inner.probabilities)
    return { score: m.column(inner.probabilities, positive), middle: 0.5 }
  if (method === 'predict_proba' || !inner.decision) throw new Refusal(`its classifier has no ${method}`)
  return { score: positive === 1 ? inner.decision : m.of('Neg', inner.decision), middle: 0 }
}

/** Place of the class that the score speaks for: `pos_label`, the second where that is None. */
function positiveOf(estimator: Fitted, classes: Classes, tuned: boolean): number {
  const label = tuned ? labelOfScorer(estimator, classes) : estimator.value('pos_label')
  const cell = cellOf(label) ?? null
  if (cell === null) return 1
  const [found] = toClasses(estimator, 'pos_label', [cell]).labels
  const place = classes.labels.indexOf(found!)
  if (place >= 0) return place
  throw estimator.invalid('pos_label', `is ${String(cell).slice(0, 50)}, which is no class`)
}

/** `_CurveScorer._get_pos_label`: what the scorer was made with, else its function's default. */
function labelOfScorer(estimator: Fitted, classes: Classes): EstimatorValue | undefined {
  if (!estimator.has('_curve_scorer')) return undefined
  const scorer = estimator.object('_curve_scorer')
  const given = scorer.map('_kwargs').find(([key]) => key === 'pos_label')
  if (given) return given[1]
  const score = scorer.value('_score_func')
  const byDefault = isKind(score, 'name') && POSITIVE_ONE.has(score.name) && classes.labels.includes(1n)
  return byDefault ? 1 : undefined
}

export const threshold: EstimatorConverter = {
  convert,
  input: inputOfInner('estimator_', 'estimator'),
}
