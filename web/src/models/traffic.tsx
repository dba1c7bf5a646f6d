import type { ReactNode } from 'react'
import type { ModelView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { Panel } from '../ui/panel.tsx'
import { ARM_FILL } from '../ui/tone.ts'
import { WeightBar } from '../ui/weight-bar.tsx'

export function Traffic({ model }: { readonly model: ModelView }) {
  const { t, format } = useI18n()
  const { requestsPerSecond, latencyP50, latencyP99, errorRate, traffic } = model
  const orDash = (value: number | null, show: (value: number) => string) =>
    value === null ? '–' : show(value)
  return (
    <Panel title={t('model.traffic')}>
      <dl className="mb-3 grid grid-cols-2 gap-3 sm:grid-cols-4">
        <Figure name={t('fleet.rate')}>{format.number(requestsPerSecond)}</Figure>
        <Figure name="p50">{orDash(latencyP50, format.duration)}</Figure>
        <Figure name="p99">{orDash(latencyP99, format.duration)}</Figure>
        <Figure name={t('fleet.errors')}>
          <span className={errorRate ? 'text-bad' : ''}>{orDash(errorRate, format.percent)}</span>
        </Figure>
      </dl>
      {traffic.length === 0 ? (
        <p className="text-sm text-soft">{t('model.noTraffic')}</p>
      ) : (
        <>
          <WeightBar parts={traffic} tall />
          <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-sm">
            {traffic.map(({ arm, number, weight }) => (
              <li key={arm} className="flex items-center gap-1.5">
                <span aria-hidden="true" className={`size-2.5 rounded-sm ${ARM_FILL[arm]}`} />
                {t(`arm.${arm}`)} <span className="font-medium">v{number}</span>
                <span className="tabular text-soft">{format.percent(weight)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  )
}

function Figure({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-soft">{name}</dt>
      <dd className="tabular text-lg font-semibold">{children}</dd>
    </div>
  )
}
