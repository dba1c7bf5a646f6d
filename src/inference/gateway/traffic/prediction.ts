import { codeOf, InferenceError, statusOf } from '../../errors.ts'
import { type Answer, type FrameClient, headerBlock } from '../../frames/index.ts'
import type { Body } from '../front/body.ts'
import { idlest, type Link } from '../pool.ts'
import type { Series } from '../telemetry/series.ts'
import type { RequestEnd } from '../telemetry/trace.ts'
import type { Admitted, Caller, Choice } from './admission.ts'
import type { Target } from './routing.ts'

/** A request is sent again once: one that ends every replica it meets must not end them all. */
const MAX_SENDS = 2
/** A lost replica is back within seconds; longer a request does not wait for one. */
const PATIENCE_MS = 10_000
/** As nginx tells a client that went away. */
const CLIENT_GONE = 499
/** How often a waiting request looks for a replica. */
const LOOK_AGAIN_MS = 5

interface Found {
  readonly target: Target
  readonly link: Link
  readonly client: FrameClient
}

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
 * sent again, or waits for a replica as long as its time allows.
 */
export class Prediction {
  readonly #init: PredictionInit
  readonly #headers: string
  #target: Target | undefined
  #rollout: Series | undefined
  #link: Link | undefined
  #client: FrameClient | undefined
  #id = 0
  #sends = 0
  #sentAt = 0
  #over = false
  readonly #deadline: NodeJS.Timeout
  #look: NodeJS.Timeout | undefined

  /** It begins at once: the caller may be told before this returns. */
  constructor(init: PredictionInit) {
    this.#init = init
    this.#headers = frameHeaders(init.admitted)
    this.#deadline = setTimeout(() => this.#expired(), Math.max(0, this.#left()))
    this.#send()
  }

  #left(): number {
    const { cameAt, timeoutMs } = this.#init.admitted.head
    return cameAt + timeoutMs - performance.now()
  }

  #send(): void {
    try {
      const choice = this.#init.admitted.choose()
      const found = this.#find(choice)
      if (found === undefined) this.#wait(choice.target)
      else this.#sendTo(found, choice.pinned)
    } catch (error) {
      this.#fail(error)
    }
  }

  #sendTo(found: Found, pinned: boolean): void {
    const { body } = this.#init
    this.#target = found.target
    this.#rollout = pinned ? undefined : found.target.rollout
    this.#link = found.link
    this.#client = found.client
    if (this.#sends++ === 0) this.#sentAt = performance.now()
    const timeoutMs = this.#left()
    this.#id = found.client.ask(
      {
        operation: 'infer',
        timeoutMs,
        headers: this.#headers,
        body: body.chunks,
        bodyBytes: body.bytes,
      },
      this.#answered,
    )
  }

  /** In its own arm, then in stable; another replica than the one that was just lost, if there is one. */
  #find({ target, route, pinned }: Choice): Found | undefined {
    const candidates = pinned || route.stable === undefined ? [target] : [target, route.stable]
    for (const candidate of candidates) {
      const link = idlest(candidate.links, this.#link) ?? idlest(candidate.links)
      if (link?.client !== undefined) return { target: candidate, link, client: link.client }
    }
    return undefined
  }

  #wait(target: Target): void {
    this.#target = target
    if (performance.now() - this.#init.admitted.head.cameAt > PATIENCE_MS) this.#fail(noReplica(target))
    else this.#look = setTimeout(() => this.#send(), LOOK_AGAIN_MS)
  }

  readonly #answered = (answer: Answer): void => {
    if (this.#over) return
    if (answer instanceof InferenceError) {
      this.#lost(answer)
      return
    }
    this.#count(answer.status)
    this.#stop()
    this.#init.caller.answer(answer, this.#target!)
    this.#end({ status: answer.status, bytesOut: answer.body.length, answerHeaders: answer.headers })
  }

  #lost(error: InferenceError): void {
    if (this.#sends >= MAX_SENDS) {
      this.#fail(error)
      return
    }
    // A canary that falls must not look well because stable answered in its place.
    if (this.#target?.arm !== 'stable') this.#count(502)
    this.#send()
  }

  #expired(): void {
    this.#client?.cancel(this.#id)
    this.#fail(
      new InferenceError('DEADLINE_EXCEEDED', {
        message: `There was no answer within ${this.#init.admitted.head.timeoutMs} ms`,
        hint: 'Give the request more time (Ballast-Timeout-Ms), or the model more replicas.',
      }),
    )
  }

  #fail(error: unknown): void {
    if (this.#over) return
    this.#count(statusOf(error))
    this.#stop()
    this.#init.caller.fail(error)
    this.#end({ status: statusOf(error), code: codeOf(error) })
  }

  /** The client is gone: nobody waits for the answer. */
  abandon(): void {
    if (this.#over) return
    this.#client?.cancel(this.#id)
    this.#stop()
    this.#end({ status: CLIENT_GONE })
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
    clearTimeout(this.#look)
  }

  #end(how: Pick<RequestEnd, 'status' | 'code' | 'bytesOut' | 'answerHeaders'>): void {
    const { model, environment } = this.#init.admitted.head
    this.#init.onEnd({
      ...how,
      model,
      environment,
      version: this.#target?.versionNumber,
      arm: this.#target?.arm,
      replica: this.#link?.replica,
      sends: this.#sends,
      upstreamMs: this.#sends === 0 ? undefined : performance.now() - this.#sentAt,
      series: this.#target?.series,
      bytesIn: this.#init.body.bytes,
    })
  }
}

/** What the replica needs to read the body. */
function frameHeaders({ head }: Admitted): string {
  const { protocol, trace } = head
  return (
    headerBlock({
      protocol: protocol === 'oip' ? undefined : protocol,
      'content-type': head.header('content-type'),
      'inference-header-content-length': head.header('inference-header-content-length'),
      'content-encoding': head.header('content-encoding'),
      priority: head.header('ballast-priority'),
    }) + trace.frameHeaders
  )
}

function noReplica(target: Target): InferenceError {
  return new InferenceError('NO_REPLICA', {
    message: `No replica of version ${target.versionNumber} can be reached`,
    hint: 'The host starts lost replicas anew; try again soon.',
  })
}
