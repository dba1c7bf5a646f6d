import type { Tensor } from '../../core/index.ts'
import { numbersOf, type Prediction, toPrediction } from '../../model/index.ts'
import type { Reply } from '../frames/index.ts'
import { isStrings } from '../protocols/binary.ts'
import { JSON_HEADERS } from '../protocols/index.ts'
import type { ReplicaSpec } from './spec.ts'

/** The answer to an image: what the model says about it, in the words of its task. */
export function predictionReply({ model, versionNumber, config }: ReplicaSpec, row: Tensor): Reply {
  const body = { model, version: versionNumber, ...wireOf(toPrediction(row, config)) }
  return { status: 200, headers: JSON_HEADERS, body: [Buffer.from(JSON.stringify(body))] }
}

function wireOf(prediction: Prediction): object {
  switch (prediction.kind) {
    case 'class': {
      const { label, index, score, top } = prediction
      return { label, index, ...(score === undefined ? {} : { score }), top }
    }
    case 'values':
      return { values: prediction.values }
    case 'tensor': {
      const { dtype, shape, data } = prediction.tensor
      return { dtype, shape, data: isStrings(data) ? data : Array.from(numbersOf(prediction.tensor)) }
    }
  }
}
