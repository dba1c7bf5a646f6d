import type { LabelledImage } from '../../../src/cli/demo/images.ts'
import { type Answer, Traffic } from '../../../src/cli/demo/traffic.ts'
import type { Installation } from './installation.ts'

/** One prediction as its client saw it; times are monotonic milliseconds. */
export interface Outcome {
  readonly sentAt: number
  readonly endedAt: number
  /** No HTTP answer: the connection was refused, or ended too early. */
  readonly cut?: string
  readonly answer?: Answer
}

/** Requests at a steady rate, each with its fate and its time. */
export class Load {
  readonly outcomes: Outcome[] = []
  readonly #client: Traffic
  readonly #images: readonly LabelledImage[]
  readonly #underWay = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #next = 0

  constructor(
    { gatewayUrl, token }: Pick<Installation, 'gatewayUrl' | 'token'>,
    images: readonly LabelledImage[],
  ) {
    this.#client = new Traffic(gatewayUrl, 'digits', token, images)
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

  /** Until every answer that is due has come. */
  async pause(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#underWay)
  }

  async stop(): Promise<void> {
    await this.pause()
    // Nothing was started in it: this closes its connections.
    await this.#client.stop()
  }

  /** One prediction now. */
  one(): Promise<Answer> {
    return this.#client.send(this.#images[0]!)
  }

  /** Those that a client would call lost: no answer, or one that is the server's fault. */
  get failures(): readonly Outcome[] {
    return this.outcomes.filter(({ answer }) => answer?.status !== 200)
  }

  get slowest(): number {
    return Math.max(0, ...this.outcomes.map(({ sentAt, endedAt }) => endedAt - sentAt))
  }

  #fire(): void {
    const sentAt = performance.now()
    const work = this.#client.send(this.#images[this.#next++ % this.#images.length]!).then(
      answer => this.#note({ sentAt, endedAt: performance.now(), answer }),
      (error: unknown) => this.#note({ sentAt, endedAt: performance.now(), cut: String(error) }),
    )
    this.#underWay.add(work)
    void work.finally(() => this.#underWay.delete(work))
  }

  #note(outcome: Outcome): void {
    this.outcomes.push(outcome)
  }
}

/** For messages: what failed, and when. */
export function describeOutcome({ sentAt, endedAt, cut, answer }: Outcome): string {
  const what = cut ?? `${answer?.status} from v${answer?.version} (${answer?.arm})`
  return `${what}, sent at ${sentAt.toFixed(0)} ms, ended at ${endedAt.toFixed(0)} ms`
}
