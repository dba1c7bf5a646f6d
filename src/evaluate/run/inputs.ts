import type { Tensors } from '../../core/index.ts'
import type { ModelConfig, ModelSession } from '../../model/index.ts'
import type { Dataset, ExampleInput } from '../datasets/types.ts'
import { feederOf } from './prepare.ts'

/** Examples that are read at once. */
const READ = 16

/**
 * What runs over some examples of a data set take, as an evaluation prepares them: one example each, or as many as a
 * model of fixed batch wants. They are taken evenly from the whole data set, at most `limit`: its rows may be sorted.
 * The first `from` runs are left out.
 * Throws DATASET_UNFIT, and what the data set throws.
 */
export async function* inputsOf(
  session: ModelSession,
  config: ModelConfig,
  dataset: Dataset,
  limit: number,
  from = 0,
): AsyncGenerator<Tensors, void> {
  const feeder = feederOf(session, config)
  if (dataset.notTensors && !feeder.takesRows) throw dataset.notTensors
  const together = feeder.batchSize(1)
  let prepared: Tensors[] = []
  let left = from * together
  for await (const example of spread(dataset, limit)) {
    if (left > 0) {
      left--
      continue
    }
    prepared.push(feeder.prepare(example))
    if (prepared.length < together) continue
    yield feeder.inputs(prepared)
    prepared = []
  }
  if (prepared.length > 0) yield feeder.inputs(prepared)
}

async function* spread(dataset: Dataset, limit: number): AsyncGenerator<ExampleInput, void> {
  // Those at which limit / examples, summed up, passes a whole number; all, where there are no more than that.
  const rate = Math.min(limit / dataset.examples, 1)
  let [at, taken] = [0, 0]
  for await (const { inputs } of dataset.batches(READ))
    for (const example of inputs) {
      if (taken === limit) return
      if (Math.floor(at++ * rate) < taken) continue
      taken++
      yield example
    }
}
