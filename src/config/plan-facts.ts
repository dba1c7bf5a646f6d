import type { PlanInput } from '../pipeline/index.ts'
import { isConverted, samplesBeside, whyNotServed } from './sections/model-formats.ts'
import type { ModelRepository } from './types.ts'

const NOT_CONVERTED = '`convert: false` leaves the model as it is: it is versioned, and not served'

/** What a model repository says of the stages that its pipeline needs. */
export function planFacts({
  model: { file },
  convert,
  evaluate,
  optimize,
}: ModelRepository): Pick<PlanInput, 'modelFile' | 'hasData' | 'optimizes' | 'samples' | 'notServed'> {
  const converted = isConverted(file) && convert !== false
  const notServed = isConverted(file) && !converted ? NOT_CONVERTED : whyNotServed(file)
  return {
    modelFile: file,
    hasData: evaluate !== undefined,
    ...(optimize && notServed === undefined && { optimizes: true }),
    ...(converted && { samples: (convert || undefined)?.samples ?? samplesBeside(file) }),
    ...(notServed !== undefined && { notServed }),
  }
}
