import { type OptimizationView, optimizationSchema } from '../../api/index.ts'
import { higherIsBetter, isMetric } from '../../evaluate/index.ts'

/** What a search found, as pages tell it; null for anything else. */
export function optimizationViewOf(body: unknown): OptimizationView | null {
  const { data } = optimizationSchema.safeParse(body)
  if (!data) return null
  // Sizes and latencies are drawn from what was measured in turns.
  const metric = Object.keys(data.original.metrics)
    .filter(isMetric)
    .find(name => name !== 'size' && !name.startsWith('latency'))
  return {
    ...data,
    metric: metric ? { name: metric, better: higherIsBetter(metric) ? 'higher' : 'lower' } : null,
  }
}
