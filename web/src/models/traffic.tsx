import type { ReactNode } from 'react'
import type { ModelView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { Panel } from '../ui/panel.tsx'
import { Shares } from '../ui/shares.tsx'

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
      <Shares parts={traffic} />
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
