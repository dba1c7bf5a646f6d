import type { XgboostModel } from '../../../formats/boosting/index.ts'
import { failing } from '../../errors.ts'
import { Refusal } from '../../refusals.ts'
import { OBJECTIVES, type Objective } from './objectives.ts'

export const invalid = failing(
  'CONVERT_INVALID',
  'Save the model again with Booster.save_model("model.ubj").',
)

/** Classes or targets of one model; ImageNet's 21,000 would already take as many trees a round. */
const MAX_GROUPS = 1_000_000

/** What a model says around its trees, checked. */
export interface XgboostSettings {
  readonly booster: 'gbtree' | 'dart' | 'gblinear'
  readonly objective: Objective
  readonly objectiveName: string
  readonly features: number
  /** Classes or targets: margins of a row. */
  readonly groups: number
  /** What each margin begins with. */
  readonly base: readonly number[]
}

export const BOOSTERS = ['gbtree', 'dart', 'gblinear'] as const

/** Throws CONVERT_INVALID, and a Refusal for a booster or objective that is not known. */
export function settingsOf({ booster: given, parameters }: XgboostModel): XgboostSettings {
  const booster = BOOSTERS.find(known => known === given)
  if (!booster) throw new Refusal(`booster='${given.slice(0, 40)}'`)
  const objectiveName = parameters.get('objective.name') ?? 'reg:squarederror'
  if (!Object.hasOwn(OBJECTIVES, objectiveName))
    throw new Refusal(
      `objective='${objectiveName.slice(0, 60)}'`,
      'What becomes of its margins is not known here; train with a builtin objective.',
    )
  const objective = OBJECTIVES[objectiveName]!
  const features = whole(parameters, 'num_feature', 1)
  const groups = Math.max(whole(parameters, 'num_class', 0), whole(parameters, 'num_target', 1), 1)
  if (groups > MAX_GROUPS) throw invalid(`'num_class' is ${groups}, more than ${MAX_GROUPS}`)
  if (objective.link === 'softmax' && groups < 2) throw invalid(`${objectiveName} has ${groups} classes`)
  return { booster, objective, objectiveName, features, groups, base: baseOf(parameters, objective, groups) }
}

export function whole(parameters: XgboostModel['parameters'], name: string, fallback: number): number {
  const text = parameters.get(`learner_model_param.${name}`)
  const value = text === undefined ? fallback : Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw invalid(`'${name}' is ${String(text).slice(0, 40)}, and a whole number is expected`)
}

/** `5E-1`; of releases from 3.1 `[5E-1]` or one number for each class. */
function baseOf(
  parameters: XgboostModel['parameters'],
  { base }: Objective,
  groups: number,
): readonly number[] {
  const text = parameters.get('learner_model_param.base_score') ?? '5E-1'
  const scores = text
    .replace(/^\s*\[|\]\s*$/g, '')
    .split(',')
    .map(Number)
  const margins = scores.map(score => MARGINS[base](score))
  if (!margins.every(Number.isFinite) || (margins.length !== 1 && margins.length !== groups))
    throw invalid(`'base_score' is ${text.slice(0, 60)}, and ${groups} margins are expected`)
  return margins.length === groups ? margins : Array.from({ length: groups }, () => margins[0]!)
}

const MARGINS: Readonly<Record<Objective['base'], (score: number) => number>> = {
  identity: score => score,
  logit: score => -Math.log(1 / score - 1),
  log: score => Math.log(score),
}
