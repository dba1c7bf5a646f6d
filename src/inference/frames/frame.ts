/**
 * What gateway and replica say to each other over one socket: frames, multiplexed by request id.
 *
 *   offset  size
 *        0     4  length of all that follows, little-endian like every number here
 *        4     1  kind: 1 request, 2 response, 3 cancel
 *        5     1  operation of a request, else 0
 *        6     2  length of the header block
 *        8     4  request id
 *       12     4  request: milliseconds until its deadline; response: status; cancel: 0
 *       16     …  header block: `name: value` lines, Latin-1
 *        …     …  body, to the end
 *
 * The body is never parsed on the way. Statuses are HTTP's.
 */
import { InferenceError } from '../errors.ts'

export const HEAD_BYTES = 16
/** As many bytes as the gateway lets a body have, and room for the head: more can only be a mistake. */
export const MAX_FRAME_BYTES: number = 64 * 2 ** 20 + 2 ** 16
/** Some content headers; more can only be a mistake. */
export const MAX_HEADER_BYTES = 4096

/**
 *   infer        the body is a request of the protocol that the headers name
 *   metadata     of the model, in that protocol
 *   status       of the replica, for its host
 *   statistics   of the model, in that protocol
 *   config       of the model as Triton tells it, in that protocol
 *   openapi      paths, schemas and examples of the model
 *   load         nothing but: be awake
 *   unload       sleep: the process ends once it has answered what it has, and the next request starts it again
 */
export type Operation =
  | 'infer'
  | 'metadata'
  | 'status'
  | 'statistics'
  | 'load'
  | 'unload'
  | 'config'
  | 'openapi'

export interface RequestFrame {
  readonly kind: 'request'
  readonly id: number
  readonly operation: Operation
  /** Time left when it was sent. Durations, not instants, cross processes. */
  readonly timeoutMs: number
  readonly headers: string
  readonly body: Buffer
}

export interface ResponseFrame {
  readonly kind: 'response'
  readonly id: number
  readonly status: number
  readonly headers: string
  readonly body: Buffer
}

export interface CancelFrame {
  readonly kind: 'cancel'
  readonly id: number
}

export type Frame = RequestFrame | ResponseFrame | CancelFrame

const KIND = { request: 1, response: 2, cancel: 3 } as const
const OPERATIONS: readonly Operation[] = [
  'infer',
  'metadata',
  'status',
  'statistics',
  'load',
  'unload',
  'config',
  'openapi',
]
/**
 * The status of an answer to `infer`, `metadata` or `load` of a replica that was unloaded: nothing was computed, and the
 * replica starts now. Who answers is its host, which listens on the replica's socket meanwhile. It keeps the connection
 * until the replica listens there in its place, and closes it then: who asked holds its request until this connection
 * closes, connects again, and asks again. (Asking sooner gives ASLEEP again, and does no harm.)
 */
export const ASLEEP = 0

/** Head and headers of a request; `bodyBytes` of body must follow on the wire. */
export function requestHead(
  id: number,
  operation: Operation,
  timeoutMs: number,
  headers: string,
  bodyBytes: number,
): Buffer {
  const timeout = Math.min(Math.max(0, Math.ceil(timeoutMs)), 0xffffffff)
  return head(KIND.request, OPERATIONS.indexOf(operation) + 1, id, timeout, headers, bodyBytes)
}

export function responseHead(id: number, status: number, headers: string, bodyBytes: number): Buffer {
  return head(KIND.response, 0, id, status, headers, bodyBytes)
}

export function cancelFrame(id: number): Buffer {
  return head(KIND.cancel, 0, id, 0, '', 0)
}

function head(
  kind: number,
  operation: number,
  id: number,
  value: number,
  headers: string,
  bodyBytes: number,
): Buffer {
  const length = HEAD_BYTES - 4 + headers.length + bodyBytes
  if (headers.length > MAX_HEADER_BYTES || length > MAX_FRAME_BYTES) throw tooLarge(length)
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + headers.length)
  bytes.writeUInt32LE(length, 0)
  bytes[4] = kind
  bytes[5] = operation
  bytes.writeUInt16LE(headers.length, 6)
  bytes.writeUInt32LE(id, 8)
  bytes.writeUInt32LE(value, 12)
  if (headers.length > 0) bytes.write(headers, HEAD_BYTES, 'latin1')
  return bytes
}

/** Reads a whole frame, without the length field that went before. Throws FRAME_INVALID. */
export function parseFrame(bytes: Buffer): Frame {
  const kind = bytes[0]
  const headerBytes = bytes.readUInt16LE(2)
  const id = bytes.readUInt32LE(4)
  const value = bytes.readUInt32LE(8)
  const bodyAt = HEAD_BYTES - 4 + headerBytes
  if (headerBytes > MAX_HEADER_BYTES || bodyAt > bytes.length) {
    throw invalid(`a header block of ${headerBytes} bytes in a frame of ${bytes.length}`)
  }
  if (kind === KIND.cancel) return { kind: 'cancel', id }
  const headers = headerBytes === 0 ? '' : bytes.toString('latin1', HEAD_BYTES - 4, bodyAt)
  const body = bytes.subarray(bodyAt)
  if (kind === KIND.response) return { kind: 'response', id, status: value, headers, body }
  if (kind !== KIND.request) throw invalid(`the kind ${kind}`)
  const operation = OPERATIONS[bytes[1]! - 1]
  if (operation === undefined) throw invalid(`the operation ${bytes[1]}`)
  return { kind: 'request', id, operation, timeoutMs: value, headers, body }
}

/** `name: value` lines. Empty values are left out. Names are lower case. */
export function headerBlock(headers: Readonly<Record<string, string | undefined>>): string {
  let block = ''
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && value !== '') block += `${name}: ${oneLine(value)}\n`
  }
  return block
}

/** Value of a header in a block, or undefined. */
export function headerOf(block: string, name: string): string | undefined {
  const line = `${name}: `
  let at = block.startsWith(line) ? 0 : block.indexOf(`\n${line}`)
  if (at < 0) return undefined
  at += at === 0 ? line.length : line.length + 1
  const end = block.indexOf('\n', at)
  return block.slice(at, end < 0 ? undefined : end)
}

function oneLine(value: string): string {
  return /[^\x20-\x7e]/.test(value) ? value.replace(/[^\x20-\x7e]+/g, ' ') : value
}

export function invalid(found: string): InferenceError {
  return new InferenceError('FRAME_INVALID', {
    message: `Expected a frame of gateway and replica, found ${found}`,
    hint: 'Gateway, host and replicas must be of the same release of Ballast.',
  })
}

export function tooLarge(length: number): InferenceError {
  return new InferenceError('FRAME_TOO_LARGE', {
    message: `A frame of ${length} bytes is over the limit of ${MAX_FRAME_BYTES}`,
    hint: 'Send a smaller batch.',
  })
}
