import { z } from 'zod'
import type { EngineStatistics, Total } from '../../engine/statistics.ts'
import type { Served } from './infer-response.ts'

const count = z.number().nonnegative()
const duration = z.object({ count, ns: count })
const PARTS = [
  'success',
  'fail',
  'queue',
  'compute_input',
  'compute_infer',
  'compute_output',
  'cache_hit',
  'cache_miss',
] as const
const BATCH_PARTS = ['compute_input', 'compute_infer', 'compute_output'] as const

const modelStatistics = z.object({
  name: z.string(),
  version: z.string(),
  /** Epoch milliseconds. */
  last_inference: count,
  inference_count: count,
  execution_count: count,
  inference_stats: z.record(z.enum(PARTS), duration),
  batch_stats: z.array(z.record(z.enum(BATCH_PARTS), duration).and(z.object({ batch_size: count }))),
})
const statistics = z.object({ model_stats: z.array(modelStatistics) })

/** Of Triton's statistics extension, by its names: counts and nanoseconds of one version. */
export type ModelStatistics = z.infer<typeof modelStatistics>
export type Duration = z.infer<typeof duration>

/** Counts of one replica's engine. */
export function statisticsOf({ model, version }: Served, engine: EngineStatistics): ModelStatistics {
  const { success, fail, queue, computeInput, computeInfer, computeOutput, cacheHit, cacheMiss } = engine
  return {
    name: model,
    version,
    last_inference: engine.lastInferenceAt,
    inference_count: engine.inferences,
    execution_count: engine.executions,
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
    batch_stats: engine.batches.map(batch => ({
      batch_size: batch.rows,
      compute_input: wireOf(batch.computeInput),
      compute_infer: wireOf(batch.computeInfer),
      compute_output: wireOf(batch.computeOutput),
    })),
  }
}

/** GET /v2/models/M/stats. */
export function statisticsBody(models: readonly ModelStatistics[]): string {
  return JSON.stringify({ model_stats: models })
}

/**
 * What several replicas told in `statisticsBody`, each version's added up. Throws (zod) what is no such body: a
 * replica is of the gateway's own release.
 */
export function sumStatistics(bodies: readonly Buffer[]): readonly ModelStatistics[] {
  const sums = new Map<string, ModelStatistics>()
  for (const body of bodies) {
    for (const told of statistics.parse(JSON.parse(body.toString())).model_stats) {
      const key = `${told.name} ${told.version}`
      const sum = sums.get(key)
      sums.set(key, sum === undefined ? told : added(sum, told))
    }
  }
  return [...sums.values()]
}

function added(a: ModelStatistics, b: ModelStatistics): ModelStatistics {
  const batches = new Map(a.batch_stats.map(batch => [batch.batch_size, batch]))
  for (const batch of b.batch_stats) {
    const other = batches.get(batch.batch_size)
    batches.set(
      batch.batch_size,
      other === undefined
        ? batch
        : {
            batch_size: batch.batch_size,
            compute_input: plus(batch.compute_input, other.compute_input),
            compute_infer: plus(batch.compute_infer, other.compute_infer),
            compute_output: plus(batch.compute_output, other.compute_output),
          },
    )
  }
  const [x, y] = [a.inference_stats, b.inference_stats]
  return {
    ...a,
    last_inference: Math.max(a.last_inference, b.last_inference),
    inference_count: a.inference_count + b.inference_count,
    execution_count: a.execution_count + b.execution_count,
    inference_stats: {
      success: plus(x.success, y.success),
      fail: plus(x.fail, y.fail),
      queue: plus(x.queue, y.queue),
      compute_input: plus(x.compute_input, y.compute_input),
      compute_infer: plus(x.compute_infer, y.compute_infer),
      compute_output: plus(x.compute_output, y.compute_output),
      cache_hit: plus(x.cache_hit, y.cache_hit),
      cache_miss: plus(x.cache_miss, y.cache_miss),
    },
    batch_stats: [...batches.values()].sort((one, other) => one.batch_size - other.batch_size),
  }
}

function plus(a: Duration, b: Duration): Duration {
  return { count: a.count + b.count, ns: a.ns + b.ns }
}

function wireOf({ count, nanoseconds }: Total): Duration {
  return { count, ns: Math.round(nanoseconds) }
}
