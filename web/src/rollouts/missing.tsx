import type { RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { msUntil } from './needed.ts'

/** How many more requests it takes until the evidence may decide, and how long that is at the arm's traffic. */
export function Missing({ rollout: { analysis, endedAt } }: { readonly rollout: RolloutView }) {
  const { t, format } = useI18n()
  const missing = analysis?.requestsMissing ?? 0
  if (missing <= 0 || endedAt !== null) return null
  const rate = analysis?.armPerSecond ?? 0
  const ms = msUntil(missing, rate)
  return (
    <p className="tabular text-sm text-warn">
      {t('rollout.missing', { n: Math.ceil(missing) })};{' '}
      {ms === undefined
        ? t('rollout.noTraffic')
        : t('rollout.missingTime', { time: format.duration(ms), rate: format.number(rate) })}
    </p>
  )
}
