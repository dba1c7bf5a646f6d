import type { Tensors } from '../../../core/index.ts'
import { outputOf } from '../../../model/index.ts'
import type { Codec, InferenceCall, ServedModel } from '../codec.ts'
import { oip } from '../oip/codec.ts'
import { refuse } from '../refuse.ts'
import { jsonReply } from '../replies.ts'
import { columnsBody, hasResults, resultsBody, rowsBody } from './answer.ts'
import { metadataBodyV1 } from './metadata.ts'
import { parseV1, type V1Request } from './request.ts'

/** KServe's first protocol and TensorFlow Serving's REST. Configuration, statistics and errors are as OIP tells them. */
export const v1: Codec = {
  ...oip,
  read(body, _headers, model) {
    const request = parseV1(body, model)
    const { inputs } = request
    if (inputs instanceof Promise) return inputs.then(decoded => callOf(request, decoded, model))
    return callOf(request, inputs, model)
  },
  metadata: model => jsonReply(metadataBodyV1(model)),
}

function callOf({ form, rows }: V1Request, inputs: Tensors, model: ServedModel): InferenceCall {
  if (form === 'examples') {
    if (!hasResults(model))
      throw refuse(
        'The model has neither classes nor one value for each example',
        'Send `instances` to :predict, or say the task and the labels of the model in its ballast.yaml.',
      )
    const { name } = outputOf(model.signature, model.config)
    return {
      inputs,
      outputs: [name],
      encode: outputs => jsonReply(resultsBody(model, outputs, rows ?? 1)),
    }
  }
  const names = model.signature.outputs.map(({ name }) => name)
  return {
    inputs,
    outputs: undefined,
    encode: outputs =>
      jsonReply(rows === undefined ? columnsBody(names, outputs) : rowsBody(names, outputs, rows)),
  }
}
