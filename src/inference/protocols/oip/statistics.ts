import type { EngineStatistics, Total } from '../../engine/statistics.ts'
import type { Served } from './infer-response.ts'

/** GET /v2/models/M/stats, of Triton's statistics extension: nanoseconds and counts. */
export function statisticsBody({ model, version }: Served, statistics: EngineStatistics): string {
  const { success, fail, queue, computeInput, computeInfer, computeOutput, cacheHit, cacheMiss } = statistics
  return JSON.stringify({
    model_stats: [
      {
        name: model,
        version,
        last_inference: statistics.lastInferenceAt,
        inference_count: statistics.inferences,
        execution_count: statistics.executions,
        inference_stats: {
          success: wireOf(success),
          fail: wireOf(fail),
          queue: wireOf(queue),
          compute_input: wireOf(computeInput),
          compute_infer: wireOf(computeInfer),
          compute_output: wireOf(computeOutput),
          cache_hit: wireOf(cacheHit),
          cache_miss: wireOf(cacheMiss),
        },
        batch_stats: statistics.batches.map(batch => ({
          batch_size: batch.rows,
          compute_input: wireOf(batch.computeInput),
          compute_infer: wireOf(batch.computeInfer),
          compute_output: wireOf(batch.computeOutput),
        })),
      },
    ],
  })
}

function wireOf({ count, nanoseconds }: Total): { readonly count: number; readonly ns: number } {
  return { count, ns: Math.round(nanoseconds) }
}
