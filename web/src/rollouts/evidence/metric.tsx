import type { RolloutView } from '../../../../src/api/views.ts'
import { useI18n } from '../../i18n/index.tsx'
import { VerdictBadge } from '../../ui/badge.tsx'
import { Interval } from '../../ui/interval.tsx'
import { figuresOf, type MetricAnalysis } from '../figures.ts'
import { EvidenceChart } from './chart.tsx'
import type { ChartMark } from './chart-geometry.ts'
import { lastOf, metricLines } from './curve.ts'

interface MetricProps {
  readonly metric: MetricAnalysis
  readonly curve: RolloutView['curve']
  readonly marks: readonly ChartMark[]
}

/** One metric: both versions' figures, the interval against the margin, and how its evidence went. */
export function Metric({ metric, curve, marks }: MetricProps) {
  const { t, format } = useI18n()
  const { show, difference } = figuresOf(metric, format)
  const { harm, pass } = metricLines(curve, metric.metric)
  const lines = [
    { name: t('evidence.harm'), look: 'text-bad', looks: harm },
    { name: t('evidence.pass'), look: 'text-good', looks: pass, dashed: true },
  ]
  const last = (looks: typeof harm) => format.percent(lastOf(looks))
  return (
    <li className="min-w-0 space-y-2 rounded-md border border-line p-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3>
          <code className="text-sm font-semibold">{metric.metric}</code>
        </h3>
        <VerdictBadge verdict={metric.verdict} />
      </div>
      <dl className="tabular flex flex-wrap gap-x-5 text-sm">
        <Figure name={t('rollout.canary')} value={show(metric.canary)} />
        <Figure name={t('rollout.baseline')} value={show(metric.baseline)} />
        <Figure
          name={t('evidence.difference')}
          value={difference === undefined ? '–' : format.change(difference)}
        />
        <Figure name={t('evidence.margin')} value={format.percent(metric.margin)} />
      </dl>
      <Interval
        wide
        interval={metric.interval}
        value={difference}
        limit={metric.margin}
        verdict={metric.verdict}
        show={format.percent}
      />
      {/* As high as two lines: it changes with every look, and nothing below it is to jump. */}
      <p className="tabular min-h-10 text-xs text-soft" lang="en">
        {metric.summary}
      </p>
      {harm.length === 0 ? (
        <p className="text-sm text-soft">{t('evidence.none')}</p>
      ) : (
        <EvidenceChart
          label={t('evidence.curves', { metric: metric.metric, harm: last(harm), pass: last(pass) })}
          lines={lines}
          marks={marks}
        />
      )}
    </li>
  )
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="flex items-baseline gap-1.5">
      <dt className="text-xs text-soft">{name}</dt>
      <dd className="font-medium">{value}</dd>
    </div>
  )
}
