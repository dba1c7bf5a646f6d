import type { RolloutView } from '../../../src/api/views.ts'
import type { Format } from '../i18n/format.ts'
import type { Translate } from '../i18n/index.tsx'

type Told = Pick<
  RolloutView,
  | 'phase'
  | 'strategy'
  | 'step'
  | 'weight'
  | 'candidate'
  | 'stable'
  | 'steps'
  | 'analysis'
  | 'closure'
  | 'paused'
>

/**
 * Where a rollout stands, in one sentence of the reader's language; the server's own reason has the figures.
 *
 *   progressing at 25 %, analysis inconclusive -> v2 holds at 25 %: the evidence does not decide yet.
 *   aborted, at v1                             -> v2 was not released: all traffic is with v1.
 */
export function headlineOf(rollout: Told, t: Translate, format: Format): string {
  const { phase, closure, paused, candidate, stable } = rollout
  const { number } = candidate
  const place = placeOf(rollout, t, format)
  switch (phase) {
    case 'promoted':
      return t('headline.promoted', { number })
    case 'aborted':
      return stable
        ? t('headline.aborted', { number, stable: stable.number })
        : t('headline.none', { number })
    case 'queued':
    case 'preparing':
      if (paused) return t('headline.pausedBefore', { number, who: paused.by })
      if (closure) return t('headline.closedBefore', { number })
      return t(`headline.${phase}`, { number })
    case 'progressing':
      if (paused) return t('headline.paused', { number, place, who: paused.by })
      if (closure) return t('headline.closed', { number, place })
      if (rollout.strategy === 'ab' || rollout.strategy === 'bandit') return compared(rollout, t, format)
      return judged(rollout, t, place)
  }
}

function judged({ analysis, candidate, steps, step }: Told, t: Translate, place: string): string {
  const { number } = candidate
  if (!analysis || analysis.verdict === 'not applicable') return t('headline.noEvidence', { number, place })
  if (analysis.canaryRequests === 0 && analysis.verdict === 'inconclusive')
    return t('headline.noRequests', { number, place })
  if (analysis.verdict === 'failed') return t('headline.failing', { number })
  if (analysis.verdict === 'passed')
    return t((steps[step]?.holdMs ?? 0) > 0 ? 'headline.passedHolds' : 'headline.passed', { number, place })
  return t('headline.undecided', { number, place })
}

/**
 * A bandit's share goes where the rewards are. An A/B is decided once, at its horizon: by the figures, or by a person
 * where they show nothing.
 */
function compared(
  { strategy, analysis, candidate, step, weight }: Told,
  t: Translate,
  format: Format,
): string {
  const { number } = candidate
  const share = format.percent(weight)
  if (analysis?.verdict === 'failed') return t('headline.failing', { number })
  if (strategy === 'bandit') return t('headline.bandit', { number, share })
  return step > 0 ? t('headline.abWaits', { number }) : t('headline.ab', { number, share })
}

/** `at 25%`, or `in the shadow` while it answers nobody. */
function placeOf({ steps, step, weight }: Told, t: Translate, format: Format): string {
  return steps[step]?.shadow === undefined || weight > 0
    ? t('headline.at', { share: format.percent(weight) })
    : t('headline.inShadow')
}
