import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
type Answer = number | ((response: ServerResponse) => void)

/** Where webhooks are posted to; it answers as it is told, the last answer for ever. */
export class Receiver {
  readonly received: Received[] = []
  readonly #server: Server
  #answers: readonly Answer[] = [204]

  private constructor() {
    this.#server = createServer(async (request, response) => {
      let body = ''
      request.setEncoding('utf8')
      for await (const piece of request) body += piece
      const answer = this.#answers[this.received.length] ?? this.#answers.at(-1)!
      this.received.push({ headers: request.headers, body })
      if (typeof answer === 'number') response.writeHead(answer).end()
      else answer(response)
    })
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver()
    await new Promise<void>(resolve => receiver.#server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hooks/secret-path?key=secret-query`
  }

  answer(...answers: readonly Answer[]): void {
    this.#answers = answers
    this.received.length = 0
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/** As docs/notifications.md says that a receiver checks it. */
export function isSigned({ headers, body }: Received, secret: string, now = Date.now()): boolean {
  const [id, at] = [String(headers['webhook-id']), String(headers['webhook-timestamp'])]
  if (Math.abs(now / 1000 - Number(at)) > 300) return false
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const expected = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')
  return String(headers['webhook-signature']).split(' ').includes(`v1,${expected}`)
}
