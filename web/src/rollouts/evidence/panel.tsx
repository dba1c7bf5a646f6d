import type { RolloutView } from '../../../../src/api/views.ts'
import { useI18n } from '../../i18n/index.tsx'
import { VerdictBadge } from '../../ui/badge.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Budget } from './budget.tsx'
import { EvidenceChart } from './chart.tsx'
import { lastOf, seenIn, spentLine, stepMarks } from './curve.ts'
import { Metric } from './metric.tsx'

/** What is known of the canary against the baseline, and how near each bound is. */
export function EvidencePanel({ rollout }: { readonly rollout: RolloutView }) {
  const { t, format } = useI18n()
  const { analysis, steps } = rollout
  const curve = seenIn(rollout.curve)
  if (!analysis)
    return (
      <Panel title={t('evidence.title')}>
        <p className="text-sm text-soft">{t('evidence.none')}</p>
      </Panel>
    )
  const marks = stepMarks(curve, step =>
    steps[step]?.shadow === undefined ? format.percent(steps[step]?.weight ?? 1) : t('shadow.step'),
  )
  const spent = spentLine(curve)
  return (
    <Panel
      title={
        <>
          {t('evidence.title')}
          <VerdictBadge verdict={analysis.verdict} />
        </>
      }
      aside={
        <span className="tabular">
          {t('rollout.counts', {
            canary: format.number(analysis.canaryRequests),
            baseline: format.number(analysis.baselineRequests),
          })}
        </span>
      }
    >
      <div className="space-y-4">
        <div className="grid items-start gap-4 md:grid-cols-2">
          <Budget spent={analysis.spent} />
          {spent.length > 0 && (
            <EvidenceChart
              label={t('evidence.spent', { part: format.percent(lastOf(spent)) })}
              lines={[{ name: t('evidence.budget'), look: 'text-bad', looks: spent }]}
              marks={marks}
            />
          )}
        </div>
        <ul aria-label={t('evidence.metrics')} className="grid gap-3 md:grid-cols-2">
          {analysis.metrics.map(metric => (
            <Metric key={metric.metric} metric={metric} curve={curve} marks={marks} />
          ))}
        </ul>
        <p className="text-xs text-soft">{t('evidence.legend')}</p>
      </div>
    </Panel>
  )
}
