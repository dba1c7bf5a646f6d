import { errorBody } from '../../errors.ts'
import { headerOf, type Reply } from '../../frames/index.ts'
import type { Codec, InferenceCall, ServedModel } from '../codec.ts'
import { refuse } from '../refuse.ts'
import { JSON_HEADERS, jsonReply, refusalHeaders } from '../replies.ts'
import { type InferRequest, parseInferRequest, rawRequest } from './infer-request.ts'
import { inferReply, metadataBody } from './infer-response.ts'
import { statisticsBody } from './statistics.ts'

/** The Open Inference Protocol over HTTP. */
export const oip: Codec = {
  read(body, headers, model) {
    const request = parse(body, headers, model)
    const { outputs } = model.signature
    const wanted = request.outputs ?? outputs.map(({ name }) => ({ name, binary: request.binary }))
    const unknown = wanted.find(({ name }) => !outputs.some(output => output.name === name))
    if (unknown !== undefined) {
      const names = outputs.map(({ name }) => name).join(', ')
      throw refuse(`The model has no output '${unknown.name}'; it has ${names}`)
    }
    const call: InferenceCall = {
      inputs: request.inputs,
      outputs: request.outputs?.map(({ name }) => name),
      encode: tensors =>
        inferReply(
          { model: model.name, version: model.version },
          request.id,
          wanted.map(({ name, binary }) => ({ name, binary, tensor: tensors[name]! })),
        ),
    }
    return call
  },
  metadata: ({ name, version, signature }) => jsonReply(metadataBody({ model: name, version }, signature)),
  statistics: ({ name, version }, statistics) =>
    jsonReply(statisticsBody({ model: name, version }, statistics)),
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
