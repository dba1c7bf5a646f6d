import { constants, type OutgoingHttpHeaders } from 'node:http2'
import { GRPC, grpcMessageOf, grpcStatusOf } from '../../../protocols/index.ts'
import type { BodySource } from '../body.ts'
import { STALL_MS } from '../exchange.ts'
import { Http2Side } from '../http2-side.ts'
import { timeoutOf } from '../request.ts'
import { framed } from './messages.ts'
import { encodedMessage, grpcTimeout } from './metadata.ts'

const HEADERS = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity,deflate,gzip',
}
/** Longer explanations are cut: clients take no more than some kilobytes of trailers. */
const MAX_MESSAGE_CHARACTERS = 1000

/** One call of gRPC: a stream of HTTP/2 with messages in it, that ends with a status. */
export class GrpcCall extends Http2Side implements BodySource {
  #trailers: OutgoingHttpHeaders = {}
  #finished = false

  /** `/package.Service/Method`. */
  get path(): string {
    return this.headers[':path'] ?? ''
  }

  /** gRPC's clients wait for no invitation. */
  invite(): void {}

  /** Throws REQUEST_INVALID. */
  get timeoutMs(): number {
    const text = this.header('grpc-timeout')
    return text === undefined ? timeoutOf(name => this.header(name)) : grpcTimeout(text)
  }

  /** False once its status was sent, or the client went away. */
  get open(): boolean {
    return !this.#finished && !this.stream.destroyed && !this.stream.closed
  }

  /** False when the client takes messages more slowly than they are sent: `onDrained` tells when to go on. */
  send(parts: readonly Buffer[], headers?: OutgoingHttpHeaders): boolean {
    if (!this.open) return true
    const stream = this.stream
    if (!stream.headersSent) this.#begin(headers)
    let taken = true
    for (const piece of framed(parts)) taken = stream.write(piece)
    return taken
  }

  /** For a client that did not take what was sent: when it has, or is gone. One that never does is cut off. */
  onceDrained(drained: () => void): void {
    const stream = this.stream
    const done = (): void => {
      stream.off('drain', done).off('close', done)
      stream.setTimeout(0)
      drained()
    }
    stream.once('drain', done).once('close', done)
    this.#watchStall()
  }

  /** The only message, and with it a good end. */
  reply(message: Buffer, headers?: OutgoingHttpHeaders): void {
    if (!this.open) return
    this.#finished = true
    this.#trailers = { 'grpc-status': GRPC.ok }
    this.#begin(headers)
    const pieces = framed([message])
    for (const piece of pieces.slice(0, -1)) this.stream.write(piece)
    this.stream.end(pieces.at(-1))
    if (this.stream.writableLength > 0) this.#watchStall()
  }

  /** Ends the call. */
  finish(status: number, message = '', headers?: OutgoingHttpHeaders): void {
    if (!this.open) return
    this.#finished = true
    const trailers: OutgoingHttpHeaders = { 'grpc-status': status }
    if (message !== '') trailers['grpc-message'] = encodedMessage(message.slice(0, MAX_MESSAGE_CHARACTERS))
    const stream = this.stream
    if (stream.headersSent) {
      this.#trailers = trailers
      stream.end()
    } else stream.respond({ ...HEADERS, ...headers, ...trailers }, { endStream: true })
    if (stream.endAfterHeaders || stream.readableEnded) return
    // What the client still sends is not wanted any more; first the status must have left.
    stream.once('finish', () => setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR)))
  }

  fail(error: unknown, headers?: OutgoingHttpHeaders): void {
    this.finish(grpcStatusOf(error), grpcMessageOf(error), headers)
  }

  onceClosed(closed: () => void): void {
    this.stream.once('close', closed)
  }

  #begin(headers: OutgoingHttpHeaders | undefined): void {
    this.stream.once('wantTrailers', () => this.stream.sendTrailers(this.#trailers))
    this.stream.respond(headers === undefined ? HEADERS : { ...HEADERS, ...headers }, {
      waitForTrailers: true,
    })
  }

  #watchStall(): void {
    this.stream.setTimeout(STALL_MS, () => this.stream.close(constants.NGHTTP2_CANCEL))
  }
}
