import { type ClientHttp2Session, connect } from 'node:http2'
import { type Connection, type Done, kindOf, type Traffic } from './connection.ts'

/** As most servers allow. */
const MAX_STREAMS = 100

/** One HTTP/2 connection on which unary gRPC calls run beside each other. */
export class GrpcConnection implements Connection {
  readonly #session: ClientHttp2Session
  readonly #path: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #requests: readonly Buffer[]
  readonly #traffic: Traffic
  readonly #waiting = new Set<Done>()
  broken = false

  /** `requests` with their length prefix: `framed`. */
  constructor(
    url: URL,
    headers: Readonly<Record<string, string>>,
    requests: readonly Buffer[],
    traffic: Traffic,
    insecure: boolean,
  ) {
    this.#path = url.pathname
    this.#headers = headers
    this.#requests = requests
    this.#traffic = traffic
    this.#session = connect(url.origin, { rejectUnauthorized: !insecure })
    this.#session.on('error', error => this.close(kindOf(error)))
    this.#session.on('close', () => this.close('connection closed'))
    this.#session.on('goaway', () => {
      this.broken = true
    })
  }

  get free(): boolean {
    const most = Math.min(MAX_STREAMS, this.#session.remoteSettings.maxConcurrentStreams ?? MAX_STREAMS)
    return !this.broken && this.#waiting.size < most
  }

  send(request: number, done: Done): void {
    const body = this.#requests[request % this.#requests.length]!
    this.#waiting.add(done)
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': this.#path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...this.#headers,
    })
    let status: string | undefined
    const end = (error: string | undefined): void => {
      if (this.#waiting.delete(done)) done(error)
    }
    stream.on('response', headers => {
      const http = headers[':status']
      if (http !== 200) end(`HTTP ${http}`)
      if (headers['grpc-status'] !== undefined) status = String(headers['grpc-status'])
    })
    stream.on('trailers', trailers => {
      if (trailers['grpc-status'] !== undefined) status = String(trailers['grpc-status'])
    })
    stream.on('data', (chunk: Buffer) => {
      this.#traffic.bytesIn += chunk.length
    })
    stream.on('error', error => end(kindOf(error)))
    stream.on('close', () =>
      end(status === '0' ? undefined : status === undefined ? 'no status' : `gRPC ${status}`),
    )
    this.#traffic.bytesOut += body.length
    stream.end(body)
  }

  close(reason: string): void {
    if (this.broken && this.#waiting.size === 0) return
    this.broken = true
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const done of waiting) done(reason)
    this.#session.destroy()
  }
}

/** A message with gRPC's prefix: not compressed, its length. */
export function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}
