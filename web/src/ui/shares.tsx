import type { ModelView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { ARM_FILL } from './tone.ts'
import { WeightBar } from './weight-bar.tsx'

/** A bar of each version's share, with its words below. */
export function Shares({ parts }: { readonly parts: ModelView['traffic'] }) {
  const { t, format } = useI18n()
  if (parts.length === 0) return <p className="text-sm text-soft">{t('model.noTraffic')}</p>
  return (
    <div>
      <WeightBar parts={parts} tall />
      <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-sm">
        {parts.map(({ arm, number, weight }) => (
          <li key={arm} className="flex items-center gap-1.5">
            <span aria-hidden="true" className={`size-2.5 rounded-sm ${ARM_FILL[arm]}`} />
            {t(`arm.${arm}`)} <span className="font-medium">v{number}</span>
            <span className="tabular text-soft">{format.percent(weight)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
