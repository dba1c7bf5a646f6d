import { Agent, request } from 'node:http'
import type { LabelledImage } from './images.ts'

/** Answers of one version, counted by the client. */
export interface Tally {
  requests: number
  right: number
  refused: number
}

export interface Answer {
  readonly status: number
  readonly version: string
  readonly arm: string
  readonly label: string | undefined
  readonly milliseconds: number
}

/** Live traffic: images to the gateway at a steady rate, whatever the answers take (an open loop). */
export class Traffic {
  readonly #url: URL
  readonly #token: string
  readonly #images: readonly LabelledImage[]
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #inFlight = new Set<Promise<unknown>>()
  #timer: NodeJS.Timeout | undefined
  #next = 0
  /** By version, since the traffic began. */
  readonly tallies = new Map<string, Tally>()
  /** Told of every answer, with when its request was sent (performance.now). */
  onAnswer: ((answer: Answer, sent: number) => void) | undefined
  readonly #waiting = new Set<() => void>()
  /** Requests that got no answer, or one that was the server's fault. */
  failures: string[] = []

  constructor(gatewayUrl: string, model: string, token: string, images: readonly LabelledImage[]) {
    this.#url = new URL(`/v2/models/${model}/infer`, gatewayUrl)
    this.#token = token
    this.#images = images
  }

  start(perSecond: number): void {
    const started = performance.now()
    let sent = 0
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - started) / 1000) * perSecond)
      for (; sent < due; sent++) this.#fire()
    }, 10)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#inFlight)
    this.#agent.destroy()
  }

  #fire(): void {
    const image = this.#images[this.#next++ % this.#images.length]!
    const sent = performance.now()
    const work = this.send(image).then(
      answer => this.#count(image, answer, sent),
      (error: unknown) => this.failures.push(String(error)),
    )
    this.#inFlight.add(work)
    void work.finally(() => this.#inFlight.delete(work))
  }

  #count({ label }: LabelledImage, answer: Answer, sent: number): void {
    const tally = this.tallies.get(answer.version) ?? { requests: 0, right: 0, refused: 0 }
    tally.requests++
    if (answer.status !== 200) {
      tally.refused++
      this.failures.push(`${answer.status} from v${answer.version}`)
    } else if (answer.label === label) tally.right++
    this.tallies.set(answer.version, tally)
    this.onAnswer?.(answer, sent)
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  /** Resolves with the next answer of the steady traffic. */
  nextAnswer(): Promise<void> {
    return new Promise(resolve => this.#waiting.add(resolve))
  }

  /** One more, beside the steady ones. */
  sendOne(): Promise<Answer> {
    return this.send(this.#images[0]!)
  }

  /** What `curl --data-binary @digit.png` does. */
  send({ png }: LabelledImage): Promise<Answer> {
    const started = performance.now()
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.#token}`,
        'content-type': 'image/png',
        'content-length': png.length,
      }
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const label =
            response.statusCode === 200 ? (JSON.parse(text) as { label?: string }).label : undefined
          resolve({
            status: response.statusCode ?? 0,
            version: String(response.headers['ballast-model-version'] ?? '?'),
            arm: String(response.headers['ballast-arm'] ?? '?'),
            label,
            milliseconds: performance.now() - started,
          })
        })
      })
      sent.on('error', reject)
      sent.end(png)
    })
  }
}
