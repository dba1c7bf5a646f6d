/**
 * gRPC's framing of messages in a stream (https://github.com/grpc/grpc, PROTOCOL-HTTP2.md):
 *
 *   offset  size
 *        0     1  1 when the message is compressed as `grpc-encoding` says, else 0
 *        1     4  length of the message, big-endian
 *        5     …  message
 */
import { InferenceError } from '../../../errors.ts'
import { inflateBounded } from '../../../inflate.ts'
import { refuse } from '../../../protocols/index.ts'

export const PREFIX_BYTES = 5
/** Up to here one copy costs less than a second write. */
const JOIN_BYTES = 65_536
export interface Message {
  readonly compressed: boolean
  readonly bytes: Buffer
}

/** The one message of a unary call. Throws REQUEST_INVALID. */
export function soleMessage(chunks: readonly Buffer[]): Message {
  const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  if (whole.length < PREFIX_BYTES) {
    throw refuse(`Expected a message, found ${whole.length} bytes`, 'A message has a prefix of 5 bytes.')
  }
  const { compressed, length } = prefixOf(whole, 0)
  const bytes = whole.subarray(PREFIX_BYTES)
  if (bytes.length === length) return { compressed, bytes }
  throw refuse(
    `A message of ${length} bytes was announced, ${bytes.length} came`,
    'This call takes one message.',
  )
}

/** Cuts a stream into messages. Memory follows what was received, never what a prefix claims. */
export class MessageReader {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #buffered = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes of a message that has not come whole. */
  get buffered(): number {
    return this.#buffered
  }

  /** The messages that the chunk completes. Throws REQUEST_INVALID, BODY_TOO_LARGE; then nothing more can be read. */
  push(chunk: Buffer): readonly Message[] {
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    const messages: Message[] = []
    for (let wanted = this.#wanted(); this.#buffered >= wanted; wanted = this.#wanted()) {
      const whole = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
      const { compressed } = prefixOf(whole, 0)
      messages.push({ compressed, bytes: whole.subarray(PREFIX_BYTES, wanted) })
      this.#chunks = wanted === whole.length ? [] : [whole.subarray(wanted)]
      this.#buffered = whole.length - wanted
    }
    return messages
  }

  /** Bytes of the message under way with its prefix, or of a prefix where that is not whole. */
  #wanted(): number {
    if (this.#buffered < PREFIX_BYTES) return PREFIX_BYTES
    if (this.#chunks[0]!.length < PREFIX_BYTES) this.#chunks = [Buffer.concat(this.#chunks)]
    const { length } = prefixOf(this.#chunks[0]!, 0)
    if (length <= this.#maxBytes) return PREFIX_BYTES + length
    throw new InferenceError('BODY_TOO_LARGE', {
      message: `A message of ${length} bytes is over the limit of ${this.#maxBytes}`,
      hint: 'Send fewer examples at once.',
    })
  }
}

function prefixOf(bytes: Buffer, at: number): { readonly compressed: boolean; readonly length: number } {
  const flag = bytes[at]!
  if (flag > 1)
    throw refuse(`A message begins with the flag ${flag}; it is 0 or 1`, 'These bytes are no gRPC.')
  return { compressed: flag === 1, length: bytes.readUInt32BE(at + 1) }
}

/** A message behind its prefix, in the pieces that are to be written. */
export function framed(parts: readonly Buffer[]): readonly Buffer[] {
  let length = 0
  for (const part of parts) length += part.length
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES)
  prefix[0] = 0
  prefix.writeUInt32BE(length, 1)
  const pieces = [prefix, ...parts]
  return length <= JOIN_BYTES ? [Buffer.concat(pieces, PREFIX_BYTES + length)] : pieces
}

/** Throws REQUEST_INVALID, BODY_TOO_LARGE, ROUTE_UNKNOWN for an encoding that is not known (gRPC's UNIMPLEMENTED). */
export async function inflated(
  bytes: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw encoding === undefined || encoding === 'identity'
      ? refuse('A message is compressed, but grpc-encoding names no compression', 'Use gzip or deflate.')
      : new InferenceError('ROUTE_UNKNOWN', {
          message: `The encoding '${encoding.slice(0, 40)}' is not known`,
          hint: 'Use gzip, deflate or identity.',
        })
  }
  return await inflateBounded(bytes, encoding, 'message', maxBytes)
}
