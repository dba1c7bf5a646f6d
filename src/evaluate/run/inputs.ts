import type { Tensors } from '../../core/index.ts'
import type { ModelConfig, ModelSession } from '../../model/index.ts'
import type { Dataset } from '../datasets/types.ts'
import { feederOf } from './prepare.ts'

/**
 * What runs over the first `limit` examples take, as an evaluation prepares them: one example each, or as many as a
 * model of fixed batch wants. Throws DATASET_UNFIT, and what the data set throws.
 */
export async function* inputsOf(
  session: ModelSession,
  config: ModelConfig,
  dataset: Dataset,
  limit: number,
): AsyncGenerator<Tensors, void> {
  const feeder = feederOf(session, config)
  if (dataset.notTensors && !feeder.takesRows) throw dataset.notTensors
  let left = limit
  for await (const { inputs } of dataset.batches(feeder.batchSize(1))) {
    if (left <= 0) return
    const examples = inputs.slice(0, left)
    left -= examples.length
    yield feeder.inputs(examples.map(example => feeder.prepare(example)))
  }
}
