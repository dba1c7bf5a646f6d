import type { Readable } from 'node:stream'
import type { RequestTrace, Telemetry } from '../telemetry/trace.ts'
import type { AnswerHeaders, Exchange } from './exchange.ts'

/** As nginx tells a client that went away. */
const CLIENT_GONE = 499

/** What is asked beside predictions, followed like these: a line in the access log, a span, an id in the answer. */
export function followed(exchange: Exchange, telemetry: Telemetry): Exchange {
  const { method, url, remoteAddress, secure } = exchange
  const header = (name: string): string | undefined => exchange.header(name)
  return new FollowedExchange(exchange, telemetry.begin({ method, path: url, remoteAddress, secure, header }))
}

class FollowedExchange implements Exchange {
  readonly #inner: Exchange
  readonly #requestId: string
  #status = CLIENT_GONE
  #bytesOut: number | undefined

  constructor(inner: Exchange, trace: RequestTrace) {
    this.#inner = inner
    this.#requestId = trace.requestId
    inner.onceClosed(() => trace.end({ status: this.#status, bytesOut: this.#bytesOut }))
  }

  get method(): string {
    return this.#inner.method
  }

  get url(): string {
    return this.#inner.url
  }

  get remoteAddress(): string {
    return this.#inner.remoteAddress
  }

  get secure(): boolean {
    return this.#inner.secure
  }

  get source(): Readable {
    return this.#inner.source
  }

  get open(): boolean {
    return this.#inner.open
  }

  header(name: string): string | undefined {
    return this.#inner.header(name)
  }

  invite(): void {
    this.#inner.invite()
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | string): void {
    if (this.#inner.open) {
      this.#status = status
      this.#bytesOut = Buffer.byteLength(body)
    }
    this.#inner.send(status, { 'ballast-request-id': this.#requestId, ...headers }, body)
  }

  onceClosed(closed: () => void): void {
    this.#inner.onceClosed(closed)
  }
}
