import type { Tensor } from '../../../core/index.ts'
import { numbersOf, type Prediction, toPrediction } from '../../../model/index.ts'
import type { Reply } from '../../frames/index.ts'
import type { ServedModel } from '../codec.ts'
import { isStrings } from '../oip/binary.ts'
import { jsonReply } from '../replies.ts'

/** The answer in the words of the model's task, of one example's output. */
export function labelledReply({ name, version, config }: ServedModel, row: Tensor): Reply {
  const body = { model: name, version: Number(version), ...wireOf(toPrediction(row, config)) }
  return jsonReply(JSON.stringify(body))
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
