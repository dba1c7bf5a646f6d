import type { RouteTraffic } from '../../../../api/index.ts'
import type { Milliseconds } from '../../../../core/index.ts'
import { InferenceError, statusOf } from '../../../errors.ts'
import type { Answer, FrameClient, ResponseFrame } from '../../../frames/index.ts'
import type { Body } from '../../front/body.ts'
import { idlest, type Link } from '../../pool.ts'
import { type Agreement, Agreements } from './agreement.ts'
import { compare, contentOf } from './compare.ts'
import type { PairsSink } from './pairs-file.ts'
import { recordOf } from './record.ts'

/** Mirrored requests that are under way at once, over all routes: what they hold is bounded by these two. */
const MAX_UNDER_WAY = 256
const MAX_HELD_BYTES: number = 64 * 2 ** 20
/** What waits on one mirror; more, and the mirror is behind: it would only fall further. */
const MAX_ON_ONE = 64
/** Nor does it get more while it has not even taken so many bytes: where it answers callers too, theirs come behind. */
const MAX_BACKLOG_BYTES: number = 4 * 2 ** 20
/** A mirror's own time-out: nobody waits for it. */
const TIMEOUT_MS: Milliseconds = 10_000
/** A shadow is judged, so it gets the time that the caller gave; but what it holds is held no longer than this. */
const MAX_SHADOW_TIMEOUT_MS: Milliseconds = 60_000
/** A client that went away: how its request would have ended is not known. */
const CLIENT_GONE = 499
/** Of each second, this much may go into looking into answers; of what comes beyond, status and size are kept. */
const LOOKING_MS = 20

type Keep = NonNullable<RouteTraffic['mirror']>['keep']

/** A version that gets a share of the requests, and whose answers nobody gets. */
export interface MirrorTarget {
  readonly version: string
  readonly versionNumber: number
  readonly share: number
  readonly keep: Keep
  readonly links: readonly Link[]
  /**
   * Of a shadow step. Its requests are sent when their callers have been answered: callers wait no longer for the
   * shadow's work, and it is as fast beside them as they are beside it.
   */
  readonly rollout: NonNullable<RouteTraffic['mirror']>['rollout']
}

/** A request as it went to the version that answers its caller. */
export interface Mirrored {
  readonly requestId: string
  readonly environment: string
  readonly model: string
  readonly version: string
  readonly versionNumber: number
  readonly arm: string
  readonly headers: string
  readonly body: Body
  /** That the caller gave. */
  readonly timeoutMs: Milliseconds
}

export interface Side {
  readonly status: number
  readonly ms: Milliseconds
  readonly answer: ResponseFrame | undefined
}

/** What a shadow decided otherwise than stable, or what one of them failed at. */
export interface Differed {
  readonly request: Mirrored
  readonly target: MirrorTarget
  readonly primary: Side
  readonly mirror: Side
}

/** Sends requests to mirrors behind their primaries' backs, and puts both answers side by side. */
export class Mirrors {
  readonly agreements: Agreements = new Agreements()
  readonly #random: () => number
  #underWay = 0
  #heldBytes = 0
  #second = 0
  #spentMs = 0
  sink: PairsSink | undefined
  onCounted: () => void = () => {}
  /** A pair of which both sides are known. */
  onMirrored: (request: Mirrored, target: MirrorTarget, mirror: Side) => void = () => {}
  /** Of a shadow step. */
  onDiffered: (pair: Differed) => void = () => {}

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  get underWay(): number {
    return this.#underWay
  }

  /**
   * Called once the primary request was given to its connection. Undefined where this one is not mirrored. The pair
   * must be told how the primary ended.
   */
  begin(target: MirrorTarget, request: Mirrored): Pair | undefined {
    if (this.#random() >= target.share || request.version === target.version) return undefined
    const { environment, model, version: primary } = request
    const { version: mirror, rollout } = target
    const agreement = this.agreements.of({ environment, model, primary, mirror, ...(rollout && { rollout }) })
    const { bytes } = request.body
    if (this.#underWay >= MAX_UNDER_WAY || !this.hold(bytes)) {
      agreement.dropped++
      return undefined
    }
    this.#underWay++
    return new Pair(this, target, request, agreement)
  }

  /** False where too much is held already. */
  hold(bytes: number): boolean {
    if (this.#heldBytes + bytes > MAX_HELD_BYTES) return false
    this.#heldBytes += bytes
    return true
  }

  /** A pair is over. */
  release(bytes: number): void {
    this.#underWay--
    this.#heldBytes -= bytes
  }

  /** Whether there is time to look into answers, in this second. */
  mayLook(now: Milliseconds): boolean {
    const second = Math.floor(now / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#spentMs = 0
    }
    return this.#spentMs < LOOKING_MS
  }

  looked(ms: Milliseconds): void {
    this.#spentMs += ms
  }
}

/** One request, its primary's answer and its mirror's. */
export class Pair {
  readonly #mirrors: Mirrors
  readonly #target: MirrorTarget
  readonly #agreement: Agreement
  #request: Mirrored
  #held: number
  #primary: Side | undefined
  #mirror: Side | undefined
  #client: FrameClient | undefined
  #id = 0
  #timer: NodeJS.Timeout | undefined
  #sentAt = 0

  constructor(mirrors: Mirrors, target: MirrorTarget, request: Mirrored, agreement: Agreement) {
    this.#mirrors = mirrors
    this.#target = target
    this.#request = request
    this.#agreement = agreement
    this.#held = request.body.bytes
    // The primary's bytes are written at the end of this turn, these in a later one.
    if (target.rollout === undefined) setImmediate(() => this.#send())
  }

  /** How the caller's own request ended. */
  primary(status: number, ms: Milliseconds, answer: ResponseFrame | undefined): void {
    this.#primary = { status, ms, answer: this.#kept(answer) }
    if (this.#target.rollout === undefined) this.#settle()
    else if (status === CLIENT_GONE) this.#end()
    else setImmediate(() => this.#send())
  }

  #send(): void {
    const link = idlest(this.#target.links)
    const client = link?.client
    if (client === undefined || client.inFlight >= MAX_ON_ONE || client.backlog > MAX_BACKLOG_BYTES) {
      this.#drop()
      return
    }
    this.#client = client
    this.#sentAt = performance.now()
    const timeoutMs = this.#timeoutMs()
    this.#timer = setTimeout(() => this.#expired(timeoutMs), timeoutMs)
    const { headers, body } = this.#request
    this.#id = client.ask(
      { operation: 'infer', timeoutMs, headers, body: body.chunks, bodyBytes: body.bytes },
      this.#answered,
    )
  }

  #timeoutMs(): Milliseconds {
    if (this.#target.rollout === undefined) return TIMEOUT_MS
    return Math.min(this.#request.timeoutMs, MAX_SHADOW_TIMEOUT_MS)
  }

  readonly #answered = (answer: Answer): void => {
    clearTimeout(this.#timer)
    const ms = performance.now() - this.#sentAt
    if (answer instanceof InferenceError) this.#mirror = { status: statusOf(answer), ms, answer: undefined }
    // Asleep: nothing was computed, and it is not waited for.
    else if (answer.status === 0) {
      this.#drop()
      return
    } else this.#mirror = { status: answer.status, ms, answer: this.#kept(answer) }
    this.#settle()
  }

  #expired(ms: Milliseconds): void {
    this.#client?.cancel(this.#id)
    this.#mirror = { status: 504, ms, answer: undefined }
    this.#settle()
  }

  #drop(): void {
    this.#agreement.dropped++
    this.#end()
  }

  /** An answer waits for the other one, within what may be held. */
  #kept(answer: ResponseFrame | undefined): ResponseFrame | undefined {
    if (answer === undefined || this.#request === RELEASED || !this.#mirrors.hold(answer.body.length))
      return undefined
    this.#held += answer.body.length
    return answer
  }

  #settle(): void {
    const [primary, mirror] = [this.#primary, this.#mirror]
    if (primary === undefined || mirror === undefined || this.#request === RELEASED) return
    // After the caller's answer was written.
    setImmediate(() => {
      const began = performance.now()
      this.#compare(primary, mirror, this.#mirrors.mayLook(began))
      this.#mirrors.looked(performance.now() - began)
      this.#end()
    })
  }

  /** `look`: there is time for the answers themselves. */
  #compare(primary: Side, mirror: Side, look: boolean): void {
    const agreement = this.#agreement
    if (this.#target.rollout !== undefined && isClients(primary) && isClients(mirror)) return
    agreement.pairs++
    if (primary.status >= 500) agreement.primaryErrors++
    if (mirror.status >= 500) agreement.mirrorErrors++
    agreement.series.count(mirror.status, mirror.ms * 1000)
    agreement.primarySeries?.count(primary.status, primary.ms * 1000)
    const both = look && primary.status < 300 && mirror.status < 300 && primary.answer && mirror.answer
    const identical = both ? contentOf(primary.answer).equals(contentOf(mirror.answer)) : undefined
    const comparison = both && !identical ? compare(primary.answer, mirror.answer) : undefined
    if (identical) agreement.identical++
    if (identical || comparison !== undefined) agreement.compared++
    if (identical || comparison?.agreed) agreement.agreed++
    const found = { look, identical, ...comparison }
    const [request, target] = [this.#request, this.#target]
    const differs = comparison?.agreed === false || primary.status < 300 !== mirror.status < 300
    if (target.rollout !== undefined && look && differs)
      this.#mirrors.onDiffered({ request, target, primary, mirror })
    this.#mirrors.onMirrored(request, target, mirror)
    this.#mirrors.sink?.write(recordOf(this.#request, this.#target, primary, mirror, found))
    this.#mirrors.onCounted()
  }

  #end(): void {
    if (this.#request === RELEASED) return
    this.#mirrors.release(this.#held)
    this.#request = RELEASED
  }
}

/** A client's mistake, which says nothing about a rollout where both versions see it. */
function isClients({ status }: Side): boolean {
  return status >= 400 && status < 500
}

/** In place of a request whose body is let go of. */
const RELEASED: Mirrored = {
  requestId: '',
  environment: '',
  model: '',
  version: '',
  versionNumber: 0,
  arm: '',
  headers: '',
  body: { chunks: [], bytes: 0 },
  timeoutMs: 0,
}
