import type { NotifyAllowance } from '../../api/index.ts'
import { boundary, type ChannelId, type Instant, messageOf } from '../../core/index.ts'
import { type Channel, isWorthTrying, type Notice, type Tried, waitAfter } from '../../notify/index.ts'
import type { Background } from '../background.ts'
import type { ControlPlane } from '../control-plane.ts'
import { allowances } from './allowed.ts'
import type { HeldRollouts } from './held.ts'
import { deliver } from './sending/deliver.ts'
import type { Outcome } from './sending/outcome.ts'

/** Connections at once: one for each channel. */
const MAX_AT_ONCE = 32
/** Ended notices that a channel's log shows. */
const KEPT = 200
const MAX_PROBLEM = 500

/**
 * Tells channels what waits for them: one notice at a time each, in order, until it is taken or given up. What is
 * told is stored before it is sent and marked after, so a crash loses none and repeats at most one for each channel,
 * with the same id. A channel that takes nothing waits for itself alone.
 */
export class Notifier {
  readonly #plane: ControlPlane
  readonly #background: Background
  readonly #held: HeldRollouts
  readonly #sending = new Set<ChannelId>()
  readonly #stop = new AbortController()

  constructor(plane: ControlPlane, background: Background, held: HeldRollouts) {
    this.#plane = plane
    this.#background = background
    this.#held = held
  }

  /** Begins what is due, and waits for none of it. */
  async tick(): Promise<void> {
    const { stores, clock } = this.#plane
    await this.#held.tick()
    const free = MAX_AT_ONCE - this.#sending.size
    if (free <= 0 || this.#stop.signal.aborted) return
    // Those that are being sent are due too: they are asked for beyond what is free.
    const due = await stores.notify.due(clock.now(), MAX_AT_ONCE)
    const next = due.filter(({ channel }) => !this.#sending.has(channel.id)).slice(0, free)
    if (next.length === 0) return
    const allowed = await allowances(stores.settings)
    for (const { channel, notice } of next) {
      this.#sending.add(channel.id)
      this.#background.run('a notification could not be sent', () => this.#drain(channel, notice, allowed))
    }
  }

  /** Ends what is being sent: it is sent again after the start. */
  stop(): void {
    this.#stop.abort()
  }

  /** One after the other, as long as they are taken. */
  async #drain(channel: Channel, first: Notice, allowed: readonly NotifyAllowance[]): Promise<void> {
    const { notify } = this.#plane.stores
    try {
      let notice: Notice | undefined = first
      let current: Channel | undefined = channel
      while (notice && current) {
        if (!(await this.#send(current, notice, allowed))) return
        const due: readonly { channel: Channel; notice: Notice }[] = await notify.due(
          this.#plane.clock.now(),
          MAX_AT_ONCE,
        )
        const next = due.find(each => each.channel.id === channel.id)
        notice = next?.notice
        current = next?.channel
      }
    } finally {
      this.#sending.delete(channel.id)
    }
  }

  async #send(channel: Channel, notice: Notice, allowed: readonly NotifyAllowance[]): Promise<boolean> {
    const { stores, clock, logger } = this.#plane
    const outcome = await deliver(this.#plane, channel, notice, allowed, this.#stop.signal).catch(
      (error: unknown): Outcome => ({ kind: 'failed', problem: messageOf(error), final: false }),
    )
    if (this.#stop.signal.aborted && outcome.kind === 'failed') return false
    if (outcome.kind === 'sent') boundary('notice-taken')
    const tried = triedOf(channel, notice, outcome, clock.now())
    await stores.notify.tried(notice.id, tried, KEPT)
    if (tried.kind === 'failed')
      logger.warn(
        { channel: channel.id, notice: notice.id, status: tried.status, givenUp: tried.givenUp },
        'a notification was not taken',
      )
    return outcome.kind === 'sent' && !this.#stop.signal.aborted
  }
}

function triedOf(channel: Channel, notice: Notice, outcome: Outcome, now: Instant): Tried {
  if (outcome.kind === 'sent') return { kind: 'sent', at: now, status: outcome.status }
  const { problem, status, final, waitMs = 0 } = outcome
  // What is refused for good keeps nothing behind it waiting.
  const wait = final ? 0 : Math.max(waitMs, waitAfter(channel.failures + 1, Math.random()))
  return {
    kind: 'failed',
    at: now,
    problem: problem.slice(0, MAX_PROBLEM),
    givenUp: final || !isWorthTrying(notice.at, now),
    nextTryAt: (now + wait) as Instant,
    ...(status !== undefined && { status }),
  }
}
