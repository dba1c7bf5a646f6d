import type { RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { PhaseBadge } from '../ui/badge.tsx'

interface RolloutHistoryProps {
  readonly history: RolloutView['history']
}

/** With its heading, where room is scarce. */
export function RolloutHistory({ history }: RolloutHistoryProps) {
  const { t } = useI18n()
  return (
    <section aria-label={t('rollout.history')}>
      <h3 className="mb-1 text-sm font-semibold">{t('rollout.history')}</h3>
      <div className="max-h-64 overflow-y-auto">
        <HistoryLines history={history} />
      </div>
    </section>
  )
}

/** Latest first. */
export function HistoryLines({ history }: RolloutHistoryProps) {
  const { format } = useI18n()
  return (
    <ol className="still space-y-1.5 border-l-2 border-line pl-3 text-sm">
      {history.toReversed().map(({ at, phase, weight, reason }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: several may happen at one time
        <li key={index} className="flex flex-wrap items-baseline gap-x-2">
          <time dateTime={at} title={format.dateTime(at)} className="tabular text-xs text-soft">
            {format.time(at)}
          </time>
          <PhaseBadge phase={phase} />
          <span className="tabular text-xs">{format.percent(weight)}</span>
          <span className="w-full break-words text-soft" lang="en">
            {reason}
          </span>
        </li>
      ))}
    </ol>
  )
}
