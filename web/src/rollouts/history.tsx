import type { RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { PhaseBadge } from '../ui/badge.tsx'

/** Latest first. */
export function RolloutHistory({ history }: { readonly history: RolloutView['history'] }) {
  const { t, format } = useI18n()
  return (
    <section aria-label={t('rollout.history')}>
      <h3 className="mb-1 text-sm font-semibold">{t('rollout.history')}</h3>
      <ol className="still max-h-64 space-y-1.5 overflow-y-auto border-l-2 border-line pl-3 text-sm">
        {history.toReversed().map(({ at, phase, weight, reason }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: several may happen at one time
          <li key={index} className="flex flex-wrap items-baseline gap-x-2">
            <time dateTime={at} title={format.dateTime(at)} className="tabular text-xs text-soft">
              {format.time(at)}
            </time>
            <PhaseBadge phase={phase} />
            <span className="tabular text-xs">{format.percent(weight)}</span>
            <span className="w-full break-words text-soft">{reason}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}
