import type { LightgbmOpenModel } from '../../../../formats/boosting/index.ts'
import { loadReader } from '../../../../formats/index.ts'
import { CATEGORY_CODES } from '../../../boosting/categories.ts'
import { predicted } from '../../../boosting/lightgbm/predict.ts'
import { settingsOf } from '../../../boosting/lightgbm/settings.ts'
import { sumsOf } from '../../../boosting/lightgbm/sums.ts'
import {
  type Classes,
  classesOf,
  type EstimatorCall,
  type EstimatorResult,
  type Fitted,
  type InputColumns,
} from '../../estimator.ts'

/**
 * LGBMClassifier, LGBMRegressor, LGBMRanker, or a Booster by itself: with the rounds up to the best one, where
 * training stopped early.
 */
export async function lightgbmEstimator(call: EstimatorCall): Promise<EstimatorResult> {
  const { estimator, emitter, input } = call
  const booster = boosterOf(estimator)
  const opened = await openOf(booster)
  const settings = settingsOf(opened.model)
  const best = booster.isNone('best_iteration') ? 0 : booster.number('best_iteration')
  const rounds = Number.isSafeInteger(best) && best > 0 ? best : undefined
  const sums = await sumsOf(emitter, input.matrix(emitter, 'float64'), opened, settings, rounds)
  if (/\[\s*\[/.test(opened.model.pandasCategorical ?? '')) call.note(CATEGORY_CODES)
  const count = Math.max(settings.groups, 2)
  return predicted(emitter, sums, settings, await labelsOf(estimator, count))
}

/** How many features the Booster says it takes. */
export async function lightgbmInput(estimator: Fitted): Promise<InputColumns> {
  const { features } = settingsOf((await openOf(boosterOf(estimator))).model)
  return { kind: 'columns', types: Array.from({ length: features }, () => undefined) }
}

function boosterOf(estimator: Fitted): Fitted {
  return estimator.className === 'Booster'
    ? estimator
    : estimator.innerOf(estimator.value('_Booster'), '_Booster')
}

const opened = new WeakMap<Fitted, Promise<LightgbmOpenModel>>()

/** The model's text is the Booster's `_handle`, `handle` before 4.0. */
async function openOf(booster: Fitted): Promise<LightgbmOpenModel> {
  const known = opened.get(booster)
  if (known) return known
  const { inputWithin, openLightgbm } = await loadReader.boosting()
  const { source, place } = booster.content(['_handle', 'handle'])
  const made = openLightgbm(inputWithin(source, place))
  opened.set(booster, made)
  return made
}

async function labelsOf(estimator: Fitted, count: number): Promise<Classes | undefined> {
  if (estimator.isNone('_classes')) return undefined
  const classes = await classesOf(estimator, '_classes')
  if (classes.labels.length === count) return classes
  throw estimator.invalid('_classes', `has ${classes.labels.length} classes, and ${count} are expected`)
}
