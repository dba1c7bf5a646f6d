import { codeOf, InferenceError, statusOf } from '../../errors.ts'
import { type Answer, ASLEEP, type ResponseFrame } from '../../frames/index.ts'
import type { Body } from '../front/body.ts'
import { idlest } from '../pool.ts'
import type { Taken } from '../requests/record.ts'
import type { LogRule } from '../requests/rule.ts'
import { inSample } from '../requests/sample.ts'
import type { Series } from '../telemetry/series.ts'
import type { RequestEnd } from '../telemetry/trace.ts'
import { type Admitted, type Caller, type Choice, priorityLine } from './admission.ts'
import { type Found, findReplica } from './find.ts'
import { frameHeaders } from './frame-headers.ts'
import type { Pair } from './mirror/mirrors.ts'
import type { Target } from './routing.ts'
import { Send } from './send.ts'

/**
 * A lost replica is back within seconds, on a machine that is busy within more; longer a request does not wait for one.
 * (For one that sleeps it does.) What waits is bounded by its room.
 */
const PATIENCE_MS = 20_000
/** As nginx tells a client that went away. */
const CLIENT_GONE = 499
/** What a mirror computes goes behind all that somebody waits for. */
const MIRROR_PRIORITY = 255

export interface PredictionInit {
  readonly admitted: Admitted
  readonly caller: Caller
  readonly body: Body
  readonly onCounted: () => void
  /** Once, whatever came of it, after the caller was told. */
  readonly onEnd: (end: RequestEnd) => void
}

/**
 * One request on its way to an answer. It goes to the idlest replica of its arm; where that arm has none, to
 * stable. A replica that is lost before it answered loses nothing: predictions are idempotent, so the request is
 * sent again once, or waits for a replica as long as its time allows. One that is refused for a full queue may go to
 * another replica of its arm, once. What was answered is never sent again.
 */
export class Prediction {
  readonly #init: PredictionInit
  readonly #headers: string
  #target: Target | undefined
  #rollout: Series | undefined
  #send: Send | undefined
  #pair: Pair | undefined
  #log: LogRule | undefined
  #drawn = false
  /** Of losses, and of full queues: one each. */
  #mayRepeat = true
  #mayMoveOn = true
  #sends = 0
  #sentAt = 0
  #woke = false
  #over = false
  readonly #deadline: NodeJS.Timeout

  /** It begins at once: the caller may be told before this returns. */
  constructor(init: PredictionInit) {
    this.#init = init
    this.#headers = frameHeaders(init.admitted)
    this.#deadline = setTimeout(() => this.#expired(), Math.max(0, this.#left()))
    this.#begin()
  }

  get bytes(): number {
    return this.#init.body.bytes
  }

  /** A replica may be there now. */
  again(): void {
    if (!this.#over) this.#begin()
  }

  #left(): number {
    const { cameAt, timeoutMs } = this.#init.admitted.head
    return cameAt + timeoutMs - performance.now()
  }

  #begin(): void {
    try {
      const choice = this.#init.admitted.choose()
      this.#log = choice.route.log
      this.#drawn = choice.drawn
      const found = findReplica(choice, this.#send?.link)
      if (found === undefined) this.#wait(choice)
      else this.#sendTo(found, choice)
    } catch (error) {
      this.#fail(error)
    }
  }

  #sendTo({ target, link, client }: Found, choice: Choice): void {
    const { admitted, body } = this.#init
    this.#target = target
    this.#rollout = choice.drawn ? target.rollout : undefined
    const now = performance.now()
    if (this.#sends++ === 0) {
      this.#sentAt = now
      choice.route.retries.deposit()
    }
    this.#send = new Send(link, client, now)
    this.#send.ask(
      {
        operation: 'infer',
        timeoutMs: this.#left(),
        headers: this.#headers + admitted.priority,
        body: body.chunks,
        bodyBytes: body.bytes,
      },
      this.#answered,
    )
    if (this.#sends === 1 && choice.route.mirror !== undefined && !choice.pinned) this.#mirror(choice, target)
  }

  #mirror({ route, drawn }: Choice, { version, versionNumber, arm }: Target): void {
    const { admitted, body } = this.#init
    const { environment, model, trace, timeoutMs } = admitted.head
    // A shadow step is a rollout's: it judges what was drawn by lot, and ends with the lease.
    if (route.mirror!.rollout !== undefined && !(drawn && admitted.state.leased)) return
    this.#pair = admitted.state.mirrors.begin(route.mirror!, {
      requestId: trace.requestId,
      environment,
      model,
      version,
      versionNumber,
      arm,
      headers: this.#headers + priorityLine(MIRROR_PRIORITY),
      body,
      timeoutMs,
    })
  }

  #wait({ target }: Choice): void {
    const now = performance.now()
    this.#target = target
    this.#woke ||= target.links.some(link => link.waking(now))
    const waited = now - this.#init.admitted.head.cameAt
    if (waited > PATIENCE_MS && !this.#woke) this.#fail(noReplica(target))
    else this.#init.admitted.state.waiting.enter(this)
  }

  readonly #answered = (answer: Answer): void => {
    if (this.#over) return
    if (answer instanceof InferenceError) {
      this.#lost(answer)
      return
    }
    if (answer.status === ASLEEP) {
      this.#asleep()
      return
    }
    const { status } = answer
    this.#send!.ended(status !== 500 && status !== 502)
    if (status === 503 && this.#moveOn()) return
    this.#count(status)
    this.#stop()
    this.#init.caller.answer(answer, this.#target!, this.#init.admitted.headers)
    this.#end(status, answer)
  }

  #lost(error: InferenceError): void {
    this.#send!.lost()
    if (!this.#mayRepeat || !this.#mayBeSentAgain('lost')) {
      this.#fail(error)
      return
    }
    this.#mayRepeat = false
    // A canary that falls must not look well because stable answered in its place.
    if (this.#target?.arm !== 'stable') this.#count(502)
    this.#begin()
  }

  /** The replica's host starts it: nothing was computed, and this was no send. */
  #asleep(): void {
    this.#send!.gaveUp()
    this.#send!.link.slept()
    this.#send = undefined
    this.#woke = true
    this.#begin()
  }

  /** A full queue has computed nothing: another replica of the same arm may have room. */
  #moveOn(): boolean {
    const { links } = this.#target!
    if (!this.#mayMoveOn || links.length < 2) return false
    const link = idlest(links, this.#send!.link)
    if (link?.client === undefined || !this.#mayBeSentAgain('full')) return false
    this.#mayMoveOn = false
    const choice = this.#init.admitted.choose()
    this.#sendTo({ target: this.#target!, link, client: link.client }, choice)
    return true
  }

  #mayBeSentAgain(reason: 'lost' | 'full'): boolean {
    const { state, head } = this.#init.admitted
    return state.mayRetry(head.environment, head.model, reason)
  }

  #expired(): void {
    this.#send?.expired()
    this.#fail(
      new InferenceError('DEADLINE_EXCEEDED', {
        message: `There was no answer within ${this.#init.admitted.head.timeoutMs} ms`,
        hint: 'Give the request more time (Ballast-Timeout-Ms), or the model more replicas.',
      }),
    )
  }

  #fail(error: unknown): void {
    if (this.#over) return
    const status = statusOf(error)
    this.#count(status)
    this.#stop()
    this.#init.caller.fail(error)
    this.#end(status, undefined, codeOf(error))
  }

  /** The client is gone: nobody waits for the answer. */
  abandon(): void {
    if (this.#over) return
    this.#send?.canceled()
    this.#stop()
    this.#end(CLIENT_GONE, undefined)
  }

  /** A client's mistakes say nothing about a rollout's arms. */
  #count(status: number): void {
    const microseconds = (performance.now() - this.#sentAt) * 1000
    this.#target?.series.count(status, microseconds)
    if (status < 400 || status >= 500) this.#rollout?.count(status, microseconds)
    this.#init.onCounted()
  }

  #stop(): void {
    this.#over = true
    clearTimeout(this.#deadline)
    this.#init.admitted.state.waiting.leave(this)
  }

  #end(status: number, answer: ResponseFrame | undefined, code?: string): void {
    const { admitted, body, onEnd } = this.#init
    const upstreamMs = this.#sends === 0 ? undefined : performance.now() - this.#sentAt
    this.#pair?.primary(status, upstreamMs ?? 0, answer)
    if (this.#log !== undefined) this.#write(this.#log, { status, upstreamMs, answer, code })
    onEnd({
      status,
      model: admitted.head.model,
      environment: admitted.head.environment,
      version: this.#target?.versionNumber,
      arm: this.#target?.arm,
      replica: this.#send?.link.replica,
      sends: this.#sends,
      code,
      token: admitted.token?.id,
      series: this.#target?.series,
      upstreamMs,
      answerHeaders: answer?.headers,
      bytesIn: body.bytes,
      bytesOut: answer?.body.length,
    })
  }

  #write(rule: LogRule, end: Pick<Taken, 'status' | 'upstreamMs' | 'code' | 'answer'>): void {
    const { admitted, body } = this.#init
    const { head, state } = admitted
    if (state.requests === undefined || !inSample(head.trace.requestId, rule.share)) return
    const ms = performance.now() - head.cameAt
    state.requests.take({
      ...end,
      rule,
      requestId: head.trace.requestId,
      at: Date.now() - ms,
      environment: head.environment,
      model: head.model,
      versionId: this.#target?.version,
      version: this.#target?.versionNumber,
      arm: this.#target?.arm,
      drawn: this.#drawn,
      draw: admitted.draw,
      ms,
      protocol: head.protocol,
      token: admitted.token?.id,
      traceId: head.trace.traceId,
      request: { body, header: name => head.header(name) },
    })
  }
}

function noReplica(target: Target): InferenceError {
  return new InferenceError('NO_REPLICA', {
    message: `No replica of version ${target.versionNumber} can be reached`,
    hint: 'The host starts lost replicas anew; try again soon.',
  })
}
