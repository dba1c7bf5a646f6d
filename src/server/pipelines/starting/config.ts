import type { ModelRepository } from '../../../config/index.ts'
import type { Json } from '../../../core/index.ts'
import type { Pipeline } from '../../../pipeline/index.ts'

/** What a pipeline was compiled from, kept with it: later changes of defaults or policies don't change a run. */
export interface PipelineConfig {
  readonly repository: ModelRepository
  /** Gates of the environments that this run may deploy to, as text. */
  readonly policyGates: readonly string[]
}

export function storeConfig(config: PipelineConfig): Json {
  return JSON.parse(JSON.stringify(config)) as Json
}

/** Undefined for a pipeline that never compiled. */
export function configOf(pipeline: Pipeline): PipelineConfig | undefined {
  const config = pipeline.config as unknown
  return typeof config === 'object' && config !== null && 'repository' in config
    ? (config as PipelineConfig)
    : undefined
}
