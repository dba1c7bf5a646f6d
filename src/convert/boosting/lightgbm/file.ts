import type { LightgbmOpenModel } from '../../../formats/boosting/index.ts'
import { cast } from '../../graph/cast.ts'
import { CATEGORY_CODES } from '../categories.ts'
import type { Boosted } from '../convert.ts'
import { predicted } from './predict.ts'
import { settingsOf } from './settings.ts'
import { sumsOf } from './sums.ts'

/** A text that `save_model` wrote: it has the rounds up to the best one, or all. */
export function lightgbmFile(opened: LightgbmOpenModel): Boosted {
  const settings = settingsOf(opened.model)
  return {
    name: opened.model.parameters.get('boosting') ?? 'gbdt',
    kind: opened.model.header.get('objective') ?? 'custom',
    features: settings.features,
    async predict(emitter, features, note) {
      note(FLOAT32)
      if (/\[\s*\[/.test(opened.model.pandasCategorical ?? '')) note(CATEGORY_CODES)
      return predicted(
        emitter,
        await sumsOf(emitter, cast(emitter, features, 'float64'), opened, settings),
        settings,
      )
    },
  }
}

const FLOAT32 =
  'features are float32: LightGBM compares float64, so that a value which float32 rounds to a threshold may go another way'
