import type { AnalysisView } from '../../../src/api/views.ts'
import type { Format } from '../i18n/format.ts'

export type MetricAnalysis = AnalysisView['metrics'][number]

interface Figures {
  /** In the unit of the metric. */
  readonly show: (value: number) => string
  /** Of the canary from the baseline, as the interval tells it; undefined where there is none. */
  readonly difference: number | undefined
}

/** Latency is told in time and judged by its ratio; everything else is a part, judged by its difference. */
export function figuresOf(
  { metric, canary, baseline }: Pick<MetricAnalysis, 'metric' | 'canary' | 'baseline'>,
  format: Pick<Format, 'duration' | 'percent'>,
): Figures {
  const isLatency = metric.startsWith('latency')
  const difference = isLatency ? canary / baseline - 1 : canary - baseline
  return {
    show: isLatency ? format.duration : format.percent,
    difference: Number.isFinite(difference) ? difference : undefined,
  }
}
