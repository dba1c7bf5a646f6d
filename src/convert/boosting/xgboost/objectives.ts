/** What becomes of the sums of leaves, XGBoost's margins (its ObjFunction::PredTransform). */
export type Link = 'identity' | 'sigmoid' | 'exp' | 'softmax' | 'step'

export interface Objective {
  readonly link: Link
  /** How `base_score` becomes a margin (ProbToMargin). */
  readonly base: 'identity' | 'logit' | 'log'
  /** Whether its answers are classes: those of one margin are two. */
  readonly classes?: true
}

const values: Objective = { link: 'identity', base: 'identity' }
const counts: Objective = { link: 'exp', base: 'log' }
const classes: Objective = { link: 'softmax', base: 'identity', classes: true }

export const OBJECTIVES: Readonly<Record<string, Objective>> = {
  'reg:squarederror': values,
  'reg:linear': values,
  'reg:squaredlogerror': values,
  'reg:pseudohubererror': values,
  'reg:absoluteerror': values,
  'reg:quantileerror': values,
  'reg:expectileerror': values,
  'reg:logistic': { link: 'sigmoid', base: 'logit' },
  'reg:gamma': counts,
  'reg:tweedie': counts,
  'count:poisson': counts,
  'survival:cox': counts,
  'survival:aft': counts,
  'binary:logistic': { link: 'sigmoid', base: 'logit', classes: true },
  'binary:logitraw': values,
  'binary:hinge': { link: 'step', base: 'identity', classes: true },
  'multi:softmax': classes,
  'multi:softprob': classes,
  'rank:pairwise': values,
  'rank:ndcg': values,
  'rank:map': values,
}
