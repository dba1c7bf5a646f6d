import type { IncomingMessage, ServerOptions, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex, Readable } from 'node:stream'
import { errorBody, InferenceError } from '../../../errors.ts'
import { type AnswerHeaders, type Exchange, STALL_MS } from '../exchange.ts'

/** Longer than any proxy keeps its idle connections, so that the proxy ends them, not we under its next request. */
const KEEP_ALIVE_MS = 75_000
export const HEADERS_TIMEOUT_MS = 30_000
/** A body over a slow line; that it makes progress is watched where bodies are gathered. */
const REQUEST_TIMEOUT_MS = 300_000
/** With cookies, tracing and what proxies add there are some dozen. */
const MAX_HEADER_BYTES = 16_384
/** For a client to read its answer and to stop sending. */
const LINGER_MS = 2000
/** Up to here an answer goes out in one piece with its headers: one copy costs less than a write of two pieces. */
const JOINED_BYTES = 8192
/** A client's answer to what it does not understand: its connection ends. */
const REFUSALS: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    `The headers have more than ${MAX_HEADER_BYTES} bytes`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not come whole in time'],
}

/** What is no clean HTTP/1.1 (two lengths, a length beside chunks, bare line feeds) is refused by its parser. */
export const HTTP1_OPTIONS: ServerOptions = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
  insecureHTTPParser: false,
  noDelay: true,
}

/** Whether the door closes: then each answer is its connection's last. */
export interface Closing {
  readonly closing: boolean
}

export class Http1Exchange implements Exchange {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #door: Closing
  readonly #waits: boolean

  /** `waits`: the client sends no body before it was invited. */
  constructor(request: IncomingMessage, response: ServerResponse, door: Closing, waits: boolean) {
    this.#request = request
    this.#response = response
    this.#door = door
    this.#waits = waits
  }

  get method(): string {
    return this.#request.method ?? ''
  }

  get url(): string {
    return this.#request.url ?? ''
  }

  get remoteAddress(): string {
    return this.#request.socket.remoteAddress ?? ''
  }

  get secure(): boolean {
    return 'encrypted' in this.#request.socket
  }

  get source(): Readable {
    return this.#request
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return typeof value === 'string' ? value : undefined
  }

  invite(): void {
    if (this.#waits) this.#response.writeContinue()
  }

  get open(): boolean {
    return !this.#response.destroyed && !this.#response.headersSent
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | string): void {
    if (!this.open) return
    headers['content-length'] = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    const unread = this.#isUnread()
    if (unread || this.#door.closing) headers['connection'] = 'close'
    if (unread) linger(this.#request.socket)
    const response = this.#response
    response.writeHead(status, headers as Record<string, string | number | string[]>)
    if (typeof body === 'string' || body.length > JOINED_BYTES) response.end(body)
    else response.end(body.toString('latin1'), 'latin1')
    if (response.writableLength > 0) response.setTimeout(STALL_MS, () => response.destroy())
  }

  onceClosed(closed: () => void): void {
    this.#response.once('close', closed)
  }

  /** A body that was not read to its end would be taken for the next request. */
  #isUnread(): boolean {
    const { complete, headers } = this.#request
    // Even a request without a body is complete only after its handler has returned.
    if (complete) return false
    return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
  }
}

/**
 * A client that still sends its body would be reset by a close, and never read why it was refused. So our half is closed
 * first, and what still comes is dropped for a while.
 */
function linger(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end()
    socket.resume()
    const limit = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(limit))
  }
}

/** Of what a client may expect only 100-continue is known. Its body may not follow: the connection ends. */
export function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const error = new InferenceError('REQUEST_INVALID', {
    message: 'The header Expect asks for what is not known',
    hint: 'Leave it out, or expect 100-continue.',
  })
  response.writeHead(417, { 'content-type': 'application/json', connection: 'close' }).end(errorBody(error))
}

/** What can't be parsed is answered in the protocols' form, once, and ends its connection. */
export function refuseBytes(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [status, message] = REFUSALS[error.code ?? ''] ?? ['400 Bad Request', 'These bytes are no HTTP/1.1']
  const body = errorBody(new InferenceError('REQUEST_INVALID', { message, hint: 'See RFC 9112.' }))
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}
