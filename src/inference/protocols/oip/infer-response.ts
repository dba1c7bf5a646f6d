import type { Reply } from '../../frames/index.ts'
import type { ServedModel } from '../codec.ts'
import { JSON_HEADERS } from '../replies.ts'
import { bytesOfTensor } from './binary.ts'
import { protocolNameOf } from './dtypes.ts'
import { elementsOf } from './json-elements.ts'
import type { Output } from './request.ts'

/** Who answers: `model_name` and `model_version` of the protocol. */
export interface Served {
  readonly model: string
  readonly version: string
}

export function servedOf({ name, version }: ServedModel): Served {
  return { model: name, version }
}

/** The answer to a request: JSON, and the binary outputs behind it, as views of their tensors. */
export function inferReply(served: Served, id: string | undefined, outputs: readonly Output[]): Reply {
  const pieces: Uint8Array[] = []
  let members = ''
  for (const { name, tensor, binary } of outputs) {
    let data: string
    if (binary) {
      const bytes = bytesOfTensor(tensor)
      pieces.push(bytes)
      data = `"parameters":{"binary_data_size":${bytes.byteLength}}`
    } else data = `"data":${elementsOf(tensor)(0, tensor.data.length)}`
    const shape = tensor.shape.join(',')
    const datatype = protocolNameOf(tensor.dtype)
    members += `${members && ','}{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape}],${data}}`
  }
  const named = id === undefined ? '' : `"id":${JSON.stringify(id)},`
  const who = `"model_name":${JSON.stringify(served.model)},"model_version":${JSON.stringify(served.version)}`
  const json = Buffer.from(`{${named}${who},"outputs":[${members}]}`)
  if (pieces.length === 0) return { status: 200, headers: JSON_HEADERS, body: [json] }
  const headers = `content-type: application/octet-stream\ninference-header-content-length: ${json.length}\n`
  return { status: 200, headers, body: [json, ...pieces] }
}
