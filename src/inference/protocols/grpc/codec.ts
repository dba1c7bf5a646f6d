import { headerBlock } from '../../frames/index.ts'
import type { Codec } from '../codec.ts'
import { servedOf } from '../oip/infer-response.ts'
import { metadataOf, versionsOf } from '../oip/metadata.ts'
import { tritonConfig } from '../oip/model-config.ts'
import { callOf } from '../oip/request.ts'
import { statisticsOf } from '../oip/statistics.ts'
import { refusalHeaders } from '../replies.ts'
import { parseInferMessage } from './infer-request.ts'
import { GRPC_HEADERS, inferMessage } from './infer-response.ts'
import { configMessage, metadataMessage, statisticsMessage } from './model-messages.ts'
import { grpcMessageOf, grpcStatusOf } from './status.ts'

/** The Open Inference Protocol over gRPC: bodies are its messages, without the prefix that says their length. */
export const grpc: Codec = {
  read(body, _headers, model) {
    const request = parseInferMessage(body)
    return callOf(request, model, outputs => inferMessage(servedOf(model), request.id, outputs))
  },
  metadata: (model, headers) =>
    reply(metadataMessage(metadataOf(servedOf(model), model.signature, versionsOf(headers, model)))),
  config: model => reply(configMessage(tritonConfig(servedOf(model), model.signature))),
  statistics: (model, statistics) => reply(statisticsMessage([statisticsOf(servedOf(model), statistics)])),
  /** The body is the message of the status, the header `grpc-status` its code. */
  refuse: error => ({
    ...refusalHeaders(error, headerBlock({ 'grpc-status': String(grpcStatusOf(error)) })),
    body: [Buffer.from(grpcMessageOf(error))],
  }),
}

function reply(message: Buffer) {
  return { status: 200, headers: GRPC_HEADERS, body: [message] }
}
