import type { PlanInput } from '../pipeline/index.ts'
import { isConverted, samplesBeside, whyNotServed } from './sections/model-formats.ts'
import type { ModelRepository } from './types.ts'

/** What a model repository says of the stages that its pipeline needs. */
export function planFacts({
  model: { file },
  convert,
  evaluate,
}: ModelRepository): Pick<PlanInput, 'modelFile' | 'hasData' | 'samples' | 'notServed'> {
  const notServed = whyNotServed(file)
  return {
    modelFile: file,
    hasData: evaluate !== undefined,
    ...(isConverted(file) && { samples: convert?.samples ?? samplesBeside(file) }),
    ...(notServed !== undefined && { notServed }),
  }
}
