import type { RolloutView } from '../../../../src/api/views.ts'
import { useI18n } from '../../i18n/index.tsx'

/** How much of what it takes to roll back has come together, over all metrics, looks and steps. */
export function Budget({ spent }: { readonly spent: NonNullable<RolloutView['analysis']>['spent'] }) {
  const { t, format } = useI18n()
  const part = Math.round(Math.min(1, Math.max(0, spent ?? 0)) * 100) / 100
  const told = format.percent(part)
  const tone = part >= 1 ? 'bg-bad' : part >= 0.5 ? 'bg-warn' : 'bg-accent'
  return (
    <div>
      <div className="mb-1 flex items-baseline justify-between gap-3 text-sm">
        <span>{t('evidence.budget')}</span>
        <span className="tabular font-semibold">{told}</span>
      </div>
      <meter aria-label={t('evidence.budget')} min={0} max={1} value={part} className="sr-only">
        {told}
      </meter>
      <div aria-hidden="true" className="h-2 overflow-hidden rounded bg-quiet-bg">
        <div
          className={`h-full ${tone} transition-[width] duration-500`}
          style={{ width: `${part * 100}%` }}
        />
      </div>
      <p className="mt-1 text-xs text-soft">{t('evidence.budgetText')}</p>
    </div>
  )
}
