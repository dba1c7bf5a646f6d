import { nearestName } from '../core/index.ts'
import { ModelError } from './errors.ts'
import { compileTable } from './table/table.ts'
import type { ModelConfig, ModelSignature } from './types.ts'

/**
 * Whether what a configuration says of columns and of outputs beside the answer is so: asked when a model is loaded, so that no client is
 * the first to find out. Throws COLUMNS_INVALID and PORT_UNKNOWN.
 */
export function checkConfig(signature: ModelSignature, config: ModelConfig): void {
  if (config.columns !== undefined) compileTable(signature, config)
  checkTold(signature, config)
}

/** Throws PORT_UNKNOWN for an output that answers tell, and the model does not have. */
export function checkTold(signature: ModelSignature, config: Pick<ModelConfig, 'answer'>): void {
  const names = signature.outputs.map(({ name }) => name)
  const unknown = config.answer?.outputs?.find(name => !names.includes(name))
  if (unknown === undefined) return
  const nearest = nearestName(unknown, names)
  throw new ModelError('PORT_UNKNOWN', {
    message: `The model has no output '${unknown}'; it has ${names.join(', ') || 'none'}`,
    hint:
      nearest === undefined ? 'Correct model.answer.outputs in ballast.yaml.' : `Did you mean '${nearest}'?`,
    details: { unknown, names },
  })
}
