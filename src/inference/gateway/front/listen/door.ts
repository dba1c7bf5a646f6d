import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { Server as NetServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Exchange } from '../exchange.ts'
import { HEADERS_TIMEOUT_MS, HTTP1_OPTIONS, Http1Exchange, refuseBytes, refuseExpectation } from './http1.ts'
import { Http2Exchange, Http2Sessions } from './http2.ts'

/** A certificate and its private key, in PEM. */
export interface KeyPair {
  readonly cert: Buffer
  readonly key: Buffer
}

export interface DoorOptions {
  readonly onRequest: (exchange: Exchange) => void
  /** A call of gRPC. */
  readonly onCall: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void
  /** Undefined: in the clear. */
  readonly tls?: KeyPair | undefined
}

/** More clients than a machine has ports are an attack. */
const MAX_CONNECTIONS = 20_000
const HANDSHAKE_TIMEOUT_MS = 10_000
/** Clients of kept connections that are about to send may do so; they are told that it was the last. */
const LAST_REQUESTS_MS = 500
/** How an HTTP/2 connection begins ("PRI * HTTP/2.0"); a method PRI of HTTP/1.1 will never be (RFC 9113, 11.6). */
const PREFACE = 'PRI'

/**
 * One port for HTTP/1.1, HTTP/2 and gRPC: in the clear by a connection's first bytes, with TLS by ALPN. The server
 * of HTTP/1.1 listens; what speaks HTTP/2 is taken from it before it reads.
 */
export class Door {
  closing = false
  readonly #http: Server | TlsServer
  readonly #http2: Http2Sessions
  readonly #toHttp1: (socket: Socket) => void
  readonly #undecided = new Set<Socket>()
  /** All of them, in a handshake too. */
  readonly #sockets = new Set<Socket>()

  constructor({ onRequest, onCall, tls }: DoorOptions) {
    this.#http2 = new Http2Sessions((stream, headers) => {
      if (isGrpc(headers['content-type'])) onCall(stream, headers)
      else onRequest(new Http2Exchange(stream, headers))
    })
    const handler = (request: IncomingMessage, response: ServerResponse): void =>
      onRequest(new Http1Exchange(request, response, this, false))
    this.#http =
      tls === undefined
        ? createServer(HTTP1_OPTIONS, handler)
        : createTlsServer(
            {
              ...HTTP1_OPTIONS,
              ...tls,
              ALPNProtocols: ['h2', 'http/1.1'],
              handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
            },
            handler,
          )
    this.#http.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      onRequest(new Http1Exchange(request, response, this, true)),
    )
    this.#http.on('checkExpectation', refuseExpectation)
    this.#http.on('clientError', refuseBytes)
    this.#http.maxConnections = MAX_CONNECTIONS
    const event = tls === undefined ? 'connection' : 'secureConnection'
    const own = this.#http.listeners(event)
    this.#toHttp1 = socket => {
      for (const listener of own) listener.call(this.#http, socket)
    }
    this.#http.removeAllListeners(event)
    this.#http.on(event, (socket: Socket) => {
      if (tls === undefined) this.#sniff(socket)
      else if ((socket as TLSSocket).alpnProtocol === 'h2') this.#http2.take(socket)
      else this.#toHttp1(socket)
    })
    this.#http.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  get server(): Server {
    return this.#http
  }

  /** Connections that come from now on are shown this pair. Throws where it is none. */
  renew(tls: KeyPair): void {
    if ('setSecureContext' in this.#http) this.#http.setSecureContext(tls)
  }

  /**
   * Takes no more connections, lets what is under way finish, and ends the others. Connections that still live
   * after `limitMs` are cut.
   */
  async close(limitMs: number): Promise<void> {
    this.closing = true
    const closed = once(this.#http, 'close')
    // As net's server does it: http's own would end idle connections under the request that comes just now.
    NetServer.prototype.close.call(this.#http)
    this.#http2.drain()
    const lastRequests = setTimeout(() => {
      this.#http.closeIdleConnections()
      for (const socket of this.#undecided) socket.destroy()
    }, LAST_REQUESTS_MS)
    const limit = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy()
    }, limitMs)
    await closed
    clearTimeout(lastRequests)
    clearTimeout(limit)
  }

  /** The first bytes say which HTTP a connection speaks. */
  #sniff(socket: Socket): void {
    let seen: Buffer | undefined
    const read = (chunk: Buffer): void => {
      seen = seen === undefined ? chunk : Buffer.concat([seen, chunk])
      const start = seen.toString('latin1', 0, PREFACE.length)
      if (start.length < PREFACE.length && PREFACE.startsWith(start)) return
      leave()
      socket.pause()
      socket.unshift(seen)
      if (start === PREFACE) {
        this.#http2.take(socket)
        return
      }
      this.#toHttp1(socket)
      socket.resume()
    }
    const end = (): void => {
      leave()
      socket.destroy()
    }
    const leave = (): void => {
      this.#undecided.delete(socket)
      socket.off('data', read).off('end', end).off('error', end).off('close', end).off('timeout', end)
      socket.setTimeout(0)
    }
    this.#undecided.add(socket)
    socket.setTimeout(HEADERS_TIMEOUT_MS)
    socket.on('data', read).on('end', end).on('error', end).on('close', end).on('timeout', end)
  }
}

/** `application/grpc` and `application/grpc+proto`; its web form is another protocol. */
function isGrpc(type: string | undefined): boolean {
  return type?.startsWith('application/grpc') === true && type.at(16) !== '-'
}
