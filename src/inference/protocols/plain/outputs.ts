import { checkTold, outputOf, type TensorSpec } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'

export interface AnsweringOutputs {
  /** The one that labels and scores are of. */
  readonly main: TensorSpec
  /** Those told beside it, by their names. */
  readonly beside: readonly string[]
  /** All of them, to compute. */
  readonly compute: readonly string[]
}

/**
 * The outputs that an answer is made of: the main one, and those of model.answer.outputs; of a generic model without
 * any, all. Throws (ModelError) PORT_UNKNOWN.
 */
export function outputsOf({ signature, config }: ServedModel): AnsweringOutputs {
  checkTold(signature, config)
  const main = outputOf(signature, config)
  const names = signature.outputs.map(({ name }) => name)
  const wanted =
    config.answer?.outputs ?? (config.task === 'generic' && config.output === undefined ? names : [])
  const beside = wanted.filter(name => name !== main.name)
  return { main, beside, compute: [main.name, ...beside] }
}
