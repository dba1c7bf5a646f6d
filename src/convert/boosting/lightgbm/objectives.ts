import type { LightgbmModel } from '../../../formats/boosting/index.ts'
import { Refusal } from '../../refusals.ts'
import { invalid } from './errors.ts'

/** What becomes of the sums of leaves (ConvertOutput of LightGBM's objectives). */
export type Link = 'identity' | 'square' | 'exp' | 'sigmoid' | 'softplus' | 'softmax'

export interface Objective {
  readonly link: Link
  /** Factor of the sums within a sigmoid: the parameter `sigmoid`. */
  readonly slope: number
  /** Whether its answers are classes: those of one sum are two. */
  readonly classes: boolean
}

interface Known {
  readonly link: Link
  readonly classes?: true
}

const values: Known = { link: 'identity' }
const counts: Known = { link: 'exp' }

export const OBJECTIVES: Readonly<Record<string, Known>> = {
  regression: values,
  regression_l1: values,
  huber: values,
  fair: values,
  quantile: values,
  mape: values,
  poisson: counts,
  gamma: counts,
  tweedie: counts,
  binary: { link: 'sigmoid', classes: true },
  multiclass: { link: 'softmax', classes: true },
  multiclassova: { link: 'sigmoid', classes: true },
  cross_entropy: { link: 'sigmoid' },
  cross_entropy_lambda: { link: 'softplus' },
  lambdarank: values,
  rank_xendcg: values,
  custom: values,
}

/**
 * The objective of a model: `binary sigmoid:1`, `regression sqrt`. Without one, which a function of the user's leaves,
 * the sums themselves. A Refusal for one that is not known.
 */
export function objectiveOf({ header }: LightgbmModel): Objective {
  const [name = '', ...words] = (header.get('objective') ?? 'custom').trim().split(/\s+/)
  if (!Object.hasOwn(OBJECTIVES, name))
    throw new Refusal(
      `objective='${name.slice(0, 60)}'`,
      'What becomes of its sums is not known here; train with a builtin objective.',
    )
  const { link, classes = false } = OBJECTIVES[name]!
  const slopes = words.flatMap(word => (word.startsWith('sigmoid:') ? [Number(word.slice(8))] : []))
  const slope = slopes[0] ?? 1
  if (!(slope > 0 && Number.isFinite(slope))) throw invalid(`its objective has the sigmoid ${slope}`)
  return { link: link === 'identity' && words.includes('sqrt') ? 'square' : link, slope, classes }
}
