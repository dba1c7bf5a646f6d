import { whyVersionNotServed } from '../../config/index.ts'
import { formatWindow, type Milliseconds, type RolloutId, type VersionId } from '../../core/index.ts'
import { versionExpired } from '../../registry/index.ts'
import type { StoredRollout } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { conflict, notFound } from '../errors.ts'
import type { Fleet } from './fleet.ts'
import type { Gateways } from './gateways.ts'
import type { Publisher } from './publisher.ts'
import { needReady } from './readiness.ts'
import type { RolloutReconciler } from './reconcile.ts'

/** What people do to rollouts: promote, abort, roll back. Each returns when the gateways route accordingly. */
export class RolloutActions {
  readonly #plane: ControlPlane
  readonly #reconciler: RolloutReconciler
  readonly #publisher: Publisher
  readonly #gateways: Gateways
  readonly #fleet: Fleet

  constructor(
    plane: ControlPlane,
    reconciler: RolloutReconciler,
    publisher: Publisher,
    gateways: Gateways,
    fleet: Fleet,
  ) {
    this.#plane = plane
    this.#fleet = fleet
    this.#reconciler = reconciler
    this.#publisher = publisher
    this.#gateways = gateways
  }

  /** All traffic to the candidate now, on this person's word. */
  async promote(id: RolloutId, by: string, reason?: string): Promise<StoredRollout> {
    return this.#act(id, async rollout => {
      if (rollout.phase !== 'progressing')
        throw conflict(
          `Rollout ${id} is ${rollout.phase}`,
          'Only a rollout that takes traffic can be promoted.',
        )
      const closure = await this.#reconciler.closureOf(rollout)
      if (closure)
        throw conflict(
          `${rollout.environment} is ${closure.kind} now (${formatWindow(closure.window)})`,
          'Wait until it is not, or let this rollout go on all the same: ballast rollout override.',
        )
      needReady(this.#fleet, rollout)
      await this.#reconciler.apply(rollout, { kind: 'promote', by, ...(reason && { reason }) })
    })
  }

  /** No calendar keeps it any more, on this person's word. */
  async override(id: RolloutId, by: string, reason?: string): Promise<StoredRollout> {
    return this.#act(id, async rollout => {
      if (!(await this.#reconciler.closureOf(rollout)))
        throw conflict(
          `No calendar keeps rollout ${id}: it is ${rollout.phase}`,
          'Only what waits for its time can be let go on.',
        )
      await this.#reconciler.apply(rollout, { kind: 'override', by, ...(reason && { reason }) })
    })
  }

  /** It stays where it stands, judged on, on this person's word: for a time, or until it is resumed. */
  async pause(
    id: RolloutId,
    by: string,
    { reason, forMs }: { readonly reason?: string | undefined; readonly forMs?: Milliseconds | undefined },
  ): Promise<StoredRollout> {
    return this.#act(id, async rollout => {
      needLive(rollout, 'paused')
      if (rollout.phase === 'preparing' && rollout.strategy.kind === 'recreate')
        throw conflict(
          `What served in ${rollout.environment} was ended to make room for rollout ${id}`,
          'Nothing would serve for as long as it is paused: abort it, or let it end.',
        )
      await this.#reconciler.apply(rollout, {
        kind: 'pause',
        by,
        ...(reason && { reason }),
        ...(forMs !== undefined && { forMs }),
      })
    })
  }

  /** It goes on. */
  async resume(id: RolloutId, by: string, reason?: string): Promise<StoredRollout> {
    return this.#act(id, async rollout => {
      needLive(rollout, 'resumed')
      if (!rollout.pause) throw conflict(`Rollout ${id} is not paused`, 'There is nothing to resume.')
      await this.#reconciler.apply(rollout, { kind: 'resume', by, ...(reason && { reason }) })
    })
  }

  /** Back to stable. */
  async abort(id: RolloutId, by: string, reason?: string): Promise<StoredRollout> {
    return this.#act(id, async rollout => {
      if (rollout.endedAt !== undefined)
        throw conflict(`Rollout ${id} is ${rollout.phase}`, 'Use rollback to return to an earlier version.')
      await this.#reconciler.apply(rollout, { kind: 'abort', by, ...(reason && { reason }) })
    })
  }

  /**
   * To an earlier version, at once where it is warm. Whatever rollout is under way is aborted first; without a
   * named version that is all, and where none is under way the version before serves again.
   */
  async rollback(
    model: string,
    environment: string,
    by: string,
    { number, reason }: { readonly number?: number | undefined; readonly reason?: string | undefined } = {},
  ): Promise<StoredRollout> {
    const { rollouts, versions } = this.#plane.stores
    const deployment = await rollouts.deployment(model, environment)
    if (!deployment)
      throw conflict(
        `Nothing of ${model} is in ${environment}`,
        'There is nothing to roll back from; push a version first.',
      )
    if (number !== undefined) await this.#needServable(model, number)
    const live = await this.#abortLive(model, environment, by, reason)
    // Back to stable is what was asked, when a newer version was on its way and no version was named.
    if (live && number === undefined) return live
    const target = number === undefined ? deployment.previous : (await versions.byNumber(model, number))?.id
    if (!target)
      throw conflict(
        `${model} has had one version in ${environment}`,
        'Name a version to roll back to; `ballast model show` lists them.',
      )
    if (target === deployment.stable && live) return live
    if (target === deployment.stable)
      throw conflict(`${model} is at that version already`, 'Name another version.')
    const started = await this.#reconciler.start({
      model,
      environment,
      candidate: target as VersionId,
      strategy: { kind: 'immediate', ...(reason && { why: reason }) },
      project: deployment.project,
      by,
    })
    await this.#routed()
    return started
  }

  /** A version that is not there, or that no replica can load, must not end what is on its way. */
  async #needServable(model: string, number: number): Promise<void> {
    const version = await this.#plane.stores.versions.byNumber(model, number)
    if (!version) throw notFound('version', `${model} v${number}`)
    const { expired } = version
    if (expired) throw versionExpired({ model, number, expired })
    const why = whyVersionNotServed(version.manifest.files.map(({ name }) => name))
    if (why)
      throw conflict(
        `${model} v${number} can not be served: ${why}`,
        'Name a version that has a model in ONNX.',
      )
  }

  /** Ends what is on its way or queued; gives the last of them as it ended. */
  async #abortLive(
    model: string,
    environment: string,
    by: string,
    why?: string,
  ): Promise<StoredRollout | undefined> {
    const { rollouts } = this.#plane.stores
    let last: StoredRollout | undefined
    await this.#reconciler.serially(model, environment, async () => {
      for (const live of await rollouts.inPhases(['queued', 'preparing', 'progressing'])) {
        if (live.model !== model || live.environment !== environment) continue
        await this.#reconciler.apply(live, {
          kind: 'abort',
          by,
          reason: why ? `rolled back, ${why}` : 'rolled back',
        })
        last = (await rollouts.byId(live.id)) ?? live
      }
    })
    if (last) await this.#routed()
    return last
  }

  /** The table that says so was published with the change; gateways tell when they route by it. */
  async #routed(): Promise<void> {
    const table = this.#publisher.table
    if (table) await this.#gateways.caughtUp(table.revision)
  }

  async #act(id: RolloutId, work: (rollout: StoredRollout) => Promise<void>): Promise<StoredRollout> {
    const { rollouts } = this.#plane.stores
    const found = await rollouts.byId(id)
    if (!found) throw notFound('rollout', id)
    await this.#reconciler.serially(found.model, found.environment, async () =>
      work((await rollouts.byId(id)) ?? found),
    )
    await this.#reconciler.reconcile(found.model, found.environment)
    await this.#routed()
    return (await rollouts.byId(id)) ?? found
  }
}

function needLive({ id, phase, endedAt }: StoredRollout, what: string): void {
  if (endedAt !== undefined)
    throw conflict(`Rollout ${id} is ${phase}`, `Only one that is on its way can be ${what}.`)
}
