import type { XgboostOpenModel } from '../../../formats/boosting/index.ts'
import { CATEGORY_CODES } from '../categories.ts'
import type { Boosted } from '../convert.ts'
import { marginOf } from './margin.ts'
import { predicted } from './predict.ts'
import { settingsOf } from './settings.ts'

/** A file that `save_model` wrote, of a Booster or of an estimator. */
export function xgboostFile(opened: XgboostOpenModel): Boosted {
  const settings = settingsOf(opened.model)
  return {
    name: settings.booster,
    kind: settings.objectiveName,
    features: settings.features,
    async predict(emitter, features, note) {
      const rounds = roundsOf(opened, note)
      const margin = await marginOf(emitter, features, opened, settings, rounds)
      if (opened.model.featureTypes.includes('c')) note(CATEGORY_CODES)
      return predicted(emitter, margin, settings)
    },
  }
}

/**
 * Of a file with a best round: estimators predict with the rounds up to it, and a Booster with all. Who wrote the
 * file tells which one it was (`scikit_learn` among its attributes).
 */
export function roundsOf(
  { model: { parameters } }: XgboostOpenModel,
  note: (text: string) => void,
): number | undefined {
  const best = Number(parameters.get('attributes.best_iteration') ?? Number.NaN)
  if (!Number.isSafeInteger(best) || best < 0) return undefined
  if (parameters.has('attributes.scikit_learn')) {
    note(`the rounds up to the best one, ${best}, are converted, as an estimator predicts`)
    return best + 1
  }
  note(`all rounds are converted, as Booster.predict uses them; the best one was ${best}`)
  return undefined
}
