import { gunzipSync, inflateSync } from 'node:zlib'
import { digestOf, type Tensors } from '../../../../core/index.ts'
import {
  bytesOfTensor,
  type ProtocolName,
  protocolNameOf,
  tensorsInAnswer,
  tensorsInRequest,
} from '../../../protocols/index.ts'
import { redacted, type Side } from '../redaction/redact.ts'
import type { Redaction } from '../redaction/rules.ts'
import { type Decision, decisionsOf, decisionsOfTensors } from './decisions.ts'
import { binaryTensors } from './oip-tensors.ts'

/** A body as it came, and what its headers say. */
export interface Raw {
  readonly side: Side
  readonly protocol: ProtocolName
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  /** `Inference-Header-Content-Length`. */
  readonly jsonBytes: number | undefined
  readonly chunks: readonly Buffer[]
  readonly bytes: number
}

export interface ContentRule {
  readonly redaction: Redaction
  readonly bodies: boolean
}

/** What a record keeps of a body, as JSON. */
export interface Content {
  readonly json: string
  /** What an answer decides, row by row; undefined where that can't be told. */
  readonly decisions?: readonly Decision[] | undefined
}

/** JSON is read up to here: about 2 ms. Of more, its size and digest are kept. */
const MAX_JSON_BYTES = 256 * 1024
/** Hashing more would keep predictions waiting: about 3 ms. */
const MAX_HASHED_BYTES = 4 * 2 ** 20
/** Of bodies and binary tensors that are kept as they are. */
const MAX_KEPT_BYTES = 2 ** 20

/**
 * JSON is kept as it is, or as what redaction leaves of it. Of binary tensors shape, size and digest are kept, of other
 * bodies size and digest; with `bodies` they are kept in base64. Where there are rules, nothing is kept that they
 * can't be applied to, not even its digest: one of few possible values is found by it.
 */
export function contentOf(raw: Raw, rule: ContentRule): Content {
  try {
    const body = plainBody(raw)
    if (body === undefined) return withheld(raw, 'compressed, and too large to look into')
    if (raw.protocol === 'grpc') return grpcContent(body, raw, rule)
    if (isJson(raw)) return jsonContent(body, raw, rule)
    return opaque(body, raw, rule)
  } catch {
    return withheld(raw, 'could not be read')
  }
}

function isJson({ protocol, contentType, jsonBytes }: Raw): boolean {
  if (jsonBytes === 0) return false
  if (contentType === undefined) return protocol !== 'plain'
  return /\bjson\b/.test(contentType) || jsonBytes !== undefined || protocol === 'v1'
}

function jsonContent(body: Buffer, raw: Raw, rule: ContentRule): Content {
  const { side, jsonBytes = body.length } = raw
  if (jsonBytes > MAX_JSON_BYTES || jsonBytes > body.length) return opaque(body, raw, rule)
  const text = body.toString('utf8', 0, jsonBytes)
  const document: unknown = JSON.parse(text)
  const kept = rule.redaction.empty ? document : redacted(document, rule.redaction, side)
  const binary = body.subarray(jsonBytes)
  const tensors = binary.length === 0 ? [] : binaryTensors(document, binary, side)
  const decisions = side === 'outputs' ? decisionsOf(document, tensors) : undefined
  // Line feeds of JSON are white space: what is written is one line.
  if (kept === document && binary.length === 0) {
    return { json: `{"json":${text.replace(/[\r\n]/g, ' ')}}`, decisions }
  }
  const described = describe(kept, tensors, side, rule)
  return { json: `{"json":${JSON.stringify(described)}}`, decisions }
}

/** With what is kept of the tensors behind the JSON, in their places; one that is redacted has none. */
function describe(
  kept: unknown,
  tensors: readonly { readonly index: number; readonly bytes: Buffer }[],
  side: Side,
  rule: ContentRule,
): unknown {
  if (tensors.length === 0 || !isRecord(kept)) return kept
  const list: unknown = kept[side]
  if (!Array.isArray(list)) return kept
  const described: unknown[] = list.map((tensor: unknown, i) => {
    const bytes = tensors.find(({ index }) => index === i)?.bytes
    if (bytes === undefined || !isRecord(tensor) || tensor['redacted'] === true) return tensor
    return { ...tensor, ...binaryFields(bytes, rule) }
  })
  return { ...kept, [side]: described }
}

function grpcContent(message: Buffer, raw: Raw, rule: ContentRule): Content {
  if (message.length > MAX_KEPT_BYTES) return opaque(message, raw, rule)
  const { side } = raw
  const tensors: Tensors = side === 'inputs' ? tensorsInRequest(message) : tensorsInAnswer(message)
  const described = Object.entries(tensors).map(([name, tensor]) => {
    const head = { name, datatype: protocolNameOf(tensor.dtype), shape: tensor.shape }
    if (rule.redaction.covers([side, name])) return { ...head, redacted: true }
    return { ...head, ...binaryFields(bytesOfTensor(tensor), rule) }
  })
  return {
    json: `{"json":${JSON.stringify({ [side]: described })}}`,
    decisions: side === 'outputs' ? decisionsOfTensors(Object.values(tensors)) : undefined,
  }
}

function binaryFields(bytes: Uint8Array, { bodies }: ContentRule): object {
  const size = bytes.byteLength
  if (bodies && size <= MAX_KEPT_BYTES) return { bytes: size, base64: base64(bytes) }
  return { bytes: size, ...(size <= MAX_HASHED_BYTES && { digest: digestOf(bytes) }) }
}

function opaque(body: Buffer, raw: Raw, rule: ContentRule): Content {
  if (!rule.redaction.empty) return withheld(raw, 'no JSON that redaction can look into')
  const type = raw.contentType?.slice(0, 100)
  return { json: JSON.stringify({ contentType: type, ...binaryFields(body, rule) }) }
}

function withheld({ bytes }: Raw, reason: string): Content {
  return { json: JSON.stringify({ bytes, withheld: reason }) }
}

/** Uncompressed, in one piece; undefined where it is larger than what is looked into. */
function plainBody({ chunks, contentEncoding }: Raw): Buffer | undefined {
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  if (contentEncoding === undefined || contentEncoding === 'identity') return body
  try {
    const limit = { maxOutputLength: MAX_KEPT_BYTES }
    return contentEncoding === 'gzip' ? gunzipSync(body, limit) : inflateSync(body, limit)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
