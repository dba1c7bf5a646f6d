import type { XgboostOpenModel } from '../../../../formats/boosting/index.ts'
import { loadReader } from '../../../../formats/index.ts'
import { CATEGORY_CODES } from '../../../boosting/categories.ts'
import { counting, squeezed } from '../../../boosting/results.ts'
import { marginOf } from '../../../boosting/xgboost/margin.ts'
import { predicted } from '../../../boosting/xgboost/predict.ts'
import { settingsOf, type XgboostSettings } from '../../../boosting/xgboost/settings.ts'
import { cast } from '../../../graph/cast.ts'
import type { Emitter, Value } from '../../../graph/types.ts'
import { rowsOf } from '../../columns.ts'
import {
  type Classes,
  classesOf,
  type EstimatorCall,
  type EstimatorResult,
  type Fitted,
  type InputColumns,
} from '../../estimator.ts'

/** A Booster by itself, which people pickle too: all its rounds count. */
export async function xgboostBooster({ estimator, ...call }: EstimatorCall): Promise<EstimatorResult> {
  const opened = await openOf(estimator)
  const settings = settingsOf(opened.model)
  const features = call.input.matrix(call.emitter, 'float32')
  return predicted(call.emitter, await marginOf(call.emitter, features, opened, settings), settings)
}

/**
 * XGBClassifier, XGBRegressor, XGBRanker, and the forests XGBRF*: what their Booster predicts of float32 features with
 * the rounds up to the best one, where training stopped early.
 */
export async function xgboostEstimator(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter, input } = call
  const booster = boosterOf(estimator)
  const opened = await openOf(booster)
  const settings = settingsOf(opened.model)
  const features = withMissing(emitter, input.matrix(emitter, 'float32'), missingOf(estimator))
  const margin = await marginOf(emitter, features, opened, settings, roundsOf(booster, opened))
  if (opened.model.featureTypes.includes('c')) call.note(CATEGORY_CODES)
  const classes = estimator.className.endsWith('Classifier') ? await labelsOf(estimator, settings) : undefined
  if (classes && !settings.objective.classes) return ofMargin(emitter, margin, classes)
  return predicted(emitter, margin, settings, classes)
}

/** How many features the Booster says it takes. */
export async function xgboostInput(estimator: Fitted): Promise<InputColumns> {
  const own = estimator.className === 'Booster' ? estimator : boosterOf(estimator)
  const { features } = settingsOf((await openOf(own)).model)
  return { kind: 'columns', types: Array.from({ length: features }, () => undefined) }
}

function boosterOf(estimator: Fitted): Fitted {
  return estimator.innerOf(estimator.value('_Booster'), '_Booster')
}

const opened = new WeakMap<Fitted, Promise<XgboostOpenModel>>()

async function openOf(booster: Fitted): Promise<XgboostOpenModel> {
  const known = opened.get(booster)
  if (known) return known
  const { inputWithin, openXgboost } = await loadReader.boosting()
  const { source, place } = booster.content('handle')
  const made = openXgboost(inputWithin(source, place))
  opened.set(booster, made)
  return made
}

/** `best_iteration` is an attribute of the Booster, and since 2.0 of its model. */
function roundsOf(booster: Fitted, { model: { parameters } }: XgboostOpenModel): number | undefined {
  const best = booster.isNone('best_iteration')
    ? Number(parameters.get('attributes.best_iteration') ?? Number.NaN)
    : booster.number('best_iteration')
  return Number.isSafeInteger(best) && best >= 0 ? best + 1 : undefined
}

function missingOf(estimator: Fitted): number {
  return estimator.isNone('missing') ? Number.NaN : estimator.number('missing')
}

/** Values that stand for missing ones, as NaN. */
function withMissing(emitter: Emitter, features: Value, missing: number): Value {
  if (Number.isNaN(missing)) return features
  const odd = emitter.op('Equal', [features, emitter.scalar('float32', missing)])
  return emitter.op('Where', [odd, emitter.scalar('float32', Number.NaN), features])
}

/** Since 1.6 classes are 0, 1, 2 …; before, a LabelEncoder may have made them so. */
async function labelsOf(estimator: Fitted, { groups }: XgboostSettings): Promise<Classes | undefined> {
  const count = Math.max(groups, 2)
  const own = estimator.isNone('classes_') ? await encoderClasses(estimator) : await classesOf(estimator)
  return own && own.labels.length === count ? own : counting(count)
}

async function encoderClasses(estimator: Fitted): Promise<Classes | undefined> {
  if (estimator.isNone('_le')) return undefined
  return classesOf(estimator.innerOf(estimator.value('_le'), '_le'))
}

/** binary:logitraw and regression objectives of a classifier: it compares whatever it gets with one half. */
function ofMargin(emitter: Emitter, margin: Value, classes: Classes): EstimatorResult {
  const decision = squeezed(emitter, margin, rowsOf(margin))
  const above = emitter.op('Greater', [decision, emitter.scalar('float32', 0.5)])
  return { kind: 'classifier', classes, index: cast(emitter, above, 'int64'), decision }
}
