import type { Readable } from 'node:stream'
import type { AnswerHeaders, Exchange } from './exchange.ts'

const PREFIX = '/environments/'
/** `/environments/NAME` and what is asked there; `Environment` is checked as its header is. */
const PLACE = /^\/environments\/([^/?#]*)(?:$|(?=[/?#]))/
const HEADER = 'ballast-environment'

/**
 * A request whose path begins with an environment, as one that names it in its header:
 *
 *   POST /environments/preview-topic/v2/models/digits/infer
 *   POST /v2/models/digits/infer, ballast-environment: preview-topic
 *
 * The path decides where both are there. Any other request stays as it is.
 */
export function inEnvironment(exchange: Exchange): Exchange {
  if (!exchange.url.startsWith(PREFIX)) return exchange
  const [before = '', environment = ''] = PLACE.exec(exchange.url) ?? []
  const rest = exchange.url.slice(before.length)
  return new PlacedExchange(exchange, rest.startsWith('/') ? rest : `/${rest}`, environment)
}

class PlacedExchange implements Exchange {
  readonly url: string
  readonly #inner: Exchange
  readonly #environment: string

  constructor(inner: Exchange, url: string, environment: string) {
    this.#inner = inner
    this.url = url
    this.#environment = environment
  }

  get method(): string {
    return this.#inner.method
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
    return name === HEADER ? this.#environment : this.#inner.header(name)
  }

  invite(): void {
    this.#inner.invite()
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | string): void {
    this.#inner.send(status, headers, body)
  }

  onceClosed(closed: () => void): void {
    this.#inner.onceClosed(closed)
  }
}
