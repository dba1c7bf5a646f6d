import type { LightgbmModel } from '../../../formats/boosting/index.ts'
import { invalid } from './errors.ts'
import { type Objective, objectiveOf } from './objectives.ts'

/** Of the model's input. */
const MAX_FEATURES = 10_000_000
const MAX_GROUPS = 1_000_000

/** What a model says around its trees, checked. */
export interface LightgbmSettings {
  readonly objective: Objective
  readonly features: number
  /** Sums of a row: classes, or one. */
  readonly groups: number
  /** Sums are divided by the number of rounds: a random forest. */
  readonly averages: boolean
}

/** Throws CONVERT_INVALID, and a Refusal for an objective that is not known. */
export function settingsOf(model: LightgbmModel): LightgbmSettings {
  const { header } = model
  const features = whole(header, 'max_feature_idx', MAX_FEATURES) + 1
  const groups = whole(header, 'num_tree_per_iteration', MAX_GROUPS, 1)
  if (groups === 0) throw invalid("'num_tree_per_iteration' is 0")
  return { objective: objectiveOf(model), features, groups, averages: header.has('average_output') }
}

function whole(header: LightgbmModel['header'], name: string, most: number, fallback?: number): number {
  const text = header.get(name)
  const value = text === undefined ? fallback : Number(text)
  if (value !== undefined && Number.isSafeInteger(value) && value >= 0 && value <= most) return value
  throw invalid(
    `'${name}' is ${text?.slice(0, 40) ?? 'missing'}, and a whole number up to ${most} is expected`,
  )
}
