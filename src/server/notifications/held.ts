import type { Milliseconds, RolloutId } from '../../core/index.ts'
import type { RolloutNews } from '../../notify/index.ts'
import { wants } from '../../notify/index.ts'
import type { StoredRollout } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'

/** What is told after minutes at the earliest need not be looked for every second. */
const EVERY_MS: Milliseconds = 15_000

/** Rollouts that stand still for longer than a channel wants to wait are told of, once for each step. */
export class HeldRollouts {
  readonly #plane: Pick<ControlPlane, 'stores' | 'clock'>
  /** Why one does not move on now. */
  readonly #reasonOf: (id: RolloutId) => string | undefined
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(
    plane: Pick<ControlPlane, 'stores' | 'clock'>,
    reasonOf: (id: RolloutId) => string | undefined,
  ) {
    this.#plane = plane
    this.#reasonOf = reasonOf
  }

  async tick(): Promise<void> {
    const { stores, clock } = this.#plane
    const now = clock.now()
    if (now - this.#lookedAt < EVERY_MS) return
    this.#lookedAt = now
    const channels = await stores.notify.channelsForHeld()
    if (channels.length === 0) return
    for (const rollout of await stores.rollouts.inPhases(['queued', 'preparing', 'progressing'])) {
      const news = this.#newsOf(rollout)
      const since = rollout.phase === 'queued' ? rollout.createdAt : rollout.stepStartedAt
      for (const channel of channels)
        if (
          channel.project === rollout.project &&
          now - since >= (channel.heldAfter ?? 0) &&
          wants(channel, news)
        )
          await stores.notify.tellOnce(channel.id, news, occasionOf(rollout), now)
    }
  }

  #newsOf(rollout: StoredRollout): RolloutNews {
    const { id, model, environment, candidate, stable, weight, by, reason = '' } = rollout
    return {
      kind: 'rollout.held',
      rollout: id,
      model,
      environment,
      candidate,
      ...(stable && { stable }),
      weight,
      reason: this.#reasonOf(id) ?? reason,
      by,
    }
  }
}

function occasionOf({ id, phase, step }: StoredRollout): string {
  return `held ${id} ${phase} ${step}`
}
