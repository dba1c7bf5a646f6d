import { headerOf } from '../frames/index.ts'
import type { Codec, ProtocolName } from './codec.ts'
import { grpc } from './grpc/codec.ts'
import { oip } from './oip/codec.ts'
import { plain } from './plain/codec.ts'
import { looksPlain } from './plain/kinds.ts'
import { v1 } from './v1/codec.ts'

const OPEN_BRACE = 0x7b
const CODECS: Readonly<Record<ProtocolName, Codec>> = { oip, grpc, v1, plain }

/** The codec that a frame's headers name. */
export function codecOf(body: Buffer, headers: string): Codec {
  const name = headerOf(headers, 'protocol')
  if (name !== undefined && Object.hasOwn(CODECS, name) && name !== 'oip') return CODECS[name as ProtocolName]
  return ofBytes(body, headers)
}

/**
 * The Open Inference Protocol's own path takes images, CSV and texts as well: `curl --data-binary` calls every body a
 * form, so the bytes decide before the content type does.
 */
function ofBytes(body: Buffer, headers: string): Codec {
  if (headerOf(headers, 'inference-header-content-length') !== undefined) return oip
  return body[0] !== OPEN_BRACE && looksPlain(body, headerOf(headers, 'content-type')) ? plain : oip
}
