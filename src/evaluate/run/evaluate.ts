import type { Bytes, Digest, Tensor, Tensors } from '../../core/index.ts'
import { type ModelConfig, type ModelSession, splitBatch } from '../../model/index.ts'
import type { Dataset } from '../datasets/types.ts'
import { EvaluateError } from '../errors.ts'
import { classificationQuality, type Quality, regressionQuality } from '../metrics/quality.ts'
import { RowCollector } from '../metrics/rows.ts'
import type { Evaluation, EvaluationRows } from '../types.ts'
import { answerOf } from './answers.ts'
import { type Latencies, measureLatency } from './latency.ts'
import { type Feeder, feederOf } from './prepare.ts'

export interface EvaluateOptions {
  readonly modelDigest: Digest
  /** Becomes the metric `size`. */
  readonly modelSize?: Bytes
  /** Threads that the session was loaded with, for the record; default 1. */
  readonly threads?: number
  /** At most the first so many examples. */
  readonly limit?: number
  /** Examples a run where the model takes any number; default 64. */
  readonly batch?: number
  readonly signal?: AbortSignal
  /** After each batch. */
  readonly onProgress?: (done: number, total: number) => void
}

/** The latency is measured over so many different examples. */
const LATENCY_EXAMPLES = 16

/**
 * Runs the model over the data set in batches, then measures single-example latency. Bounded memory: a batch, and
 * 24 bytes an example. Throws DATASET_EMPTY, DATASET_UNFIT, DATASET_LABEL_RANGE, DATASET_LIMIT, or what the model
 * throws; the signal's reason when aborted.
 */
export async function evaluateModel(
  session: ModelSession,
  config: ModelConfig,
  dataset: Dataset,
  options: EvaluateOptions,
): Promise<{ readonly evaluation: Evaluation; readonly rows: EvaluationRows }> {
  const total = Math.min(dataset.examples, options.limit ?? Number.POSITIVE_INFINITY)
  if (total === 0) throw empty(dataset)
  const feeder = feederOf(session, config)
  if (dataset.notTensors && !feeder.takesRows) throw dataset.notTensors
  const { collector, samples } = await runAll(feeder, config, dataset, total, options)
  const rows = collector.rows()
  const latencies = await measureLatency(feeder, samples, options.signal)
  const quality = qualityOf(rows, config)
  return {
    rows,
    evaluation: {
      ...quality,
      examples: total,
      dataDigest: dataset.digest,
      modelDigest: options.modelDigest,
      metrics: {
        ...quality.metrics,
        ...latencyMetrics(latencies),
        ...(options.modelSize !== undefined && { size: options.modelSize }),
      },
      latency: { runs: latencies?.runs ?? 0, batch: feeder.batchSize(1), threads: options.threads ?? 1 },
    },
  }
}

async function runAll(
  feeder: Feeder,
  config: ModelConfig,
  dataset: Dataset,
  total: number,
  { signal, onProgress, batch = 64 }: EvaluateOptions,
): Promise<{ readonly collector: RowCollector; readonly samples: readonly Tensors[] }> {
  const collector = new RowCollector()
  const samples: Tensors[] = []
  let done = 0
  for await (const { inputs, truths } of dataset.batches(feeder.batchSize(batch))) {
    signal?.throwIfAborted()
    const prepared = inputs.slice(0, total - done).map(example => feeder.prepare(example))
    samples.push(...prepared.slice(0, LATENCY_EXAMPLES - samples.length))
    const output = await feeder.run(prepared)
    rowsOf(feeder, output, prepared.length).forEach((row, i) => {
      const answer = answerOf(row, truths[i]!, done + i, config)
      if (answer) collector.add(answer.truth, answer.predicted, answer.loss)
    })
    done += prepared.length
    onProgress?.(done, total)
    if (done >= total) break
  }
  return { collector, samples }
}

function rowsOf({ axis }: Feeder, output: Tensor, count: number): readonly Tensor[] {
  if (axis.kind === 'none') return [output]
  return splitBatch(output, axis.kind === 'fixed' ? axis.size : count).slice(0, count)
}

function qualityOf(rows: EvaluationRows, { task, labels }: ModelConfig): Quality {
  if (task === 'generic') return { metrics: {}, classes: [], confusion: [] }
  return task === 'regression' ? regressionQuality(rows) : classificationQuality(rows, labels)
}

function latencyMetrics(latencies: Latencies | undefined): Partial<Omit<Latencies, 'runs'>> {
  if (!latencies) return {}
  const { runs: _, ...metrics } = latencies
  return metrics
}

function empty(dataset: Dataset): EvaluateError {
  return new EvaluateError('DATASET_EMPTY', {
    message: `${dataset.name} has no example to evaluate`,
    hint: 'No data is never a pass: give a test set, or correct evaluate.limit.',
  })
}
