import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type Connection, type Done, kindOf, type Traffic } from './connection.ts'
import { ResponseReader } from './response-reader.ts'

/** One keep-alive connection that writes prepared bytes: a generator must cost less than what it measures. */
export class Http1Connection implements Connection {
  readonly #socket: Socket
  readonly #requests: readonly Buffer[]
  readonly #traffic: Traffic
  readonly #reader = new ResponseReader()
  #done: Done | undefined
  broken = false

  constructor(url: URL, requests: readonly Buffer[], traffic: Traffic, insecure: boolean) {
    this.#requests = requests
    this.#traffic = traffic
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
    this.#socket =
      url.protocol === 'https:'
        ? connectTls({
            host,
            port,
            servername: host,
            rejectUnauthorized: !insecure,
            ALPNProtocols: ['http/1.1'],
          })
        : connectPlain({ host, port, noDelay: true })
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk))
    this.#socket.on('error', error => this.close(kindOf(error)))
    this.#socket.on('close', () => this.close('connection closed'))
  }

  get free(): boolean {
    return this.#done === undefined && !this.broken
  }

  send(request: number, done: Done): void {
    const bytes = this.#requests[request % this.#requests.length]!
    this.#done = done
    this.#traffic.bytesOut += bytes.length
    this.#socket.write(bytes)
  }

  close(reason: string): void {
    if (this.broken) return
    this.broken = true
    this.#socket.destroy()
    // A server that ends an answer by ending the connection has answered.
    const status = this.#reader.end()
    this.#answered(status === undefined ? reason : errorOf(status))
  }

  #read(chunk: Buffer): void {
    this.#traffic.bytesIn += chunk.length
    const status = this.#reader.push(chunk)
    if (status === undefined) return
    if (status === 'broken') {
      this.close('no HTTP')
      return
    }
    if (!this.#reader.keepsAlive) {
      this.broken = true
      this.#socket.destroy()
    }
    this.#answered(errorOf(status))
  }

  #answered(error: string | undefined): void {
    const done = this.#done
    this.#done = undefined
    done?.(error)
  }
}

function errorOf(status: number): string | undefined {
  return status >= 200 && status < 400 ? undefined : `HTTP ${status}`
}

/** A request as it goes over the wire. */
export function requestBytes(
  url: URL,
  method: 'GET' | 'POST',
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Buffer {
  const all = {
    host: url.host,
    ...(method === 'POST' && { 'content-length': String(body.length) }),
    'user-agent': 'ballast-bench',
    accept: '*/*',
    ...headers,
  }
  const lines = Object.entries(all).map(
    ([name, value]) => `${name}: ${value.replace(/[^\x20-\x7e]/g, ' ')}\r\n`,
  )
  return Buffer.concat([
    Buffer.from(`${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`),
    body,
  ])
}
