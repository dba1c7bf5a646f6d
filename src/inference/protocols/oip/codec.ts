import { errorBody } from '../../errors.ts'
import { headerOf, type Reply } from '../../frames/index.ts'
import type { Codec, ServedModel } from '../codec.ts'
import { refuse } from '../refuse.ts'
import { JSON_HEADERS, jsonReply, refusalHeaders } from '../replies.ts'
import { parseInferRequest, rawRequest } from './infer-request.ts'
import { inferReply, servedOf } from './infer-response.ts'
import { metadataBody, versionsOf } from './metadata.ts'
import { tritonConfig } from './model-config.ts'
import { callOf, type InferRequest } from './request.ts'
import { statisticsBody, statisticsOf } from './statistics.ts'

/** The Open Inference Protocol over HTTP. */
export const oip: Codec = {
  read(body, headers, model) {
    const request = parse(body, headers, model)
    return callOf(request, model, outputs => inferReply(servedOf(model), request.id, outputs))
  },
  metadata: (model, headers) =>
    jsonReply(metadataBody(servedOf(model), model.signature, versionsOf(headers, model))),
  config: model => jsonReply(JSON.stringify(tritonConfig(servedOf(model), model.signature))),
  statistics: (model, statistics) => jsonReply(statisticsBody([statisticsOf(servedOf(model), statistics)])),
  refuse: (error): Reply => ({
    ...refusalHeaders(error, JSON_HEADERS),
    body: [Buffer.from(errorBody(error))],
  }),
}

function parse(body: Buffer, headers: string, model: ServedModel): InferRequest {
  const length = headerOf(headers, 'inference-header-content-length')
  if (length === undefined) return parseInferRequest(body, undefined)
  if (!/^\d{1,10}$/.test(length)) throw refuse(`Inference-Header-Content-Length is '${length}', no length`)
  return length === '0' ? rawRequest(body, model.signature) : parseInferRequest(body, Number(length))
}
