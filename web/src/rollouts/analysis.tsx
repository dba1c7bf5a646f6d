import type { AnalysisView, RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { VerdictBadge } from '../ui/badge.tsx'
import { Interval } from '../ui/interval.tsx'
import { Cell, Row, Table } from '../ui/table.tsx'
import { figuresOf, type MetricAnalysis } from './figures.ts'
import { Missing } from './missing.tsx'

interface AnalysisProps {
  readonly analysis: AnalysisView
  readonly rollout: RolloutView
}

/** What is known of the canary against the baseline, with what is missing to know more. */
export function Analysis({ analysis, rollout }: AnalysisProps) {
  const { t, format } = useI18n()
  const { canaryRequests, baselineRequests } = analysis
  const columns = [
    t('rollout.metric'),
    t('job.verdict'),
    t('rollout.canary'),
    t('rollout.baseline'),
    t('rollout.difference'),
  ]
  return (
    <section aria-label={t('rollout.analysis')}>
      <div className="mb-1 flex flex-wrap items-center gap-2 text-sm">
        <h3 className="font-semibold">{t('rollout.analysis')}</h3>
        <span role="status">
          <VerdictBadge verdict={analysis.verdict} />
        </span>
        <span className="text-soft">
          {t('rollout.counts', {
            canary: format.number(canaryRequests),
            baseline: format.number(baselineRequests),
          })}
        </span>
      </div>
      <Missing rollout={rollout} />
      {analysis.metrics.length > 0 && (
        <div className="-mx-3 overflow-x-auto">
          <Table label={t('rollout.analysis')} columns={columns}>
            {analysis.metrics.map(metric => (
              <MetricRow key={metric.metric} metric={metric} />
            ))}
          </Table>
        </div>
      )}
    </section>
  )
}

function MetricRow({ metric }: { readonly metric: MetricAnalysis }) {
  const { format } = useI18n()
  const { show, difference } = figuresOf(metric, format)
  return (
    <Row>
      <Cell wrap>
        <code className="text-xs font-medium">{metric.metric}</code>
        <div className="max-w-md text-xs text-soft">{metric.summary}</div>
      </Cell>
      <Cell>
        <VerdictBadge verdict={metric.verdict} />
      </Cell>
      <Cell>{show(metric.canary)}</Cell>
      <Cell>{show(metric.baseline)}</Cell>
      <Cell>
        <Interval
          interval={metric.interval}
          value={difference}
          limit={metric.margin}
          verdict={metric.verdict}
          show={format.percent}
        />
      </Cell>
    </Row>
  )
}
