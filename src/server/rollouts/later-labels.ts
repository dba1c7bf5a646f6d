import type { Instant, Milliseconds, VersionId } from '../../core/index.ts'
import type { Proportion } from '../../evaluate/index.ts'
import {
  type AnalysisSpec,
  type Deployment,
  harmIn,
  heldAt,
  LATER_LABELS,
  type StoredRollout,
} from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { QualityBoard } from '../requests/quality.ts'
import type { Fleet } from './fleet.ts'
import type { RolloutReconciler } from './reconcile.ts'

/** Labels come minutes or weeks later. */
const EVERY_MS: Milliseconds = 5000
/** Of a model's rollouts, as far back as the last promotion of an environment is looked for. */
const MAX_ROLLOUTS = 200

/**
 * Keeps judging what serves by labels that come after its rollout, against the version before while that is kept, and
 * returns to it where it is harmful. Only what a canary promoted whose file asks for `accuracy`: where a person went
 * back to a version, no label goes against them.
 */
export class LaterLabelsWatch {
  readonly #plane: Pick<ControlPlane, 'stores' | 'clock'>
  readonly #quality: QualityBoard
  readonly #fleet: Fleet
  readonly #reconciler: RolloutReconciler
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(
    plane: Pick<ControlPlane, 'stores' | 'clock'>,
    quality: QualityBoard,
    fleet: Fleet,
    reconciler: RolloutReconciler,
  ) {
    this.#plane = plane
    this.#quality = quality
    this.#fleet = fleet
    this.#reconciler = reconciler
  }

  async tick(): Promise<void> {
    const now = this.#plane.clock.now()
    if (now - this.#lookedAt < EVERY_MS || this.#fleet.unknown) return
    this.#lookedAt = now
    for (const deployment of await this.#plane.stores.rollouts.deployments())
      await this.#look(deployment, now)
  }

  async #look(stored: Deployment, now: Instant): Promise<void> {
    const { model, environment, stable, previous, project } = heldAt(stored, now)
    if (previous === undefined) return
    const labels = {
      live: this.#wrongOf(stored, stable),
      before: this.#wrongOf(stored, previous),
    }
    if (labels.live.total === 0 || labels.before.total === 0) return
    const asked = await this.#askedOf(stored)
    if (asked === undefined) return
    const why = harmIn(labels, { margin: asked.accuracyMargin, confidence: asked.confidence })
    if (why === undefined) return
    await this.#reconciler.start({
      model,
      environment,
      candidate: previous,
      strategy: { kind: 'immediate', why },
      project,
      by: LATER_LABELS,
    })
  }

  /** Of what callers were answered, over all gateways and rollouts. */
  #wrongOf({ environment, model }: Deployment, version: VersionId): Proportion {
    const rows = this.#quality
      .of(environment, model)
      .arms.filter(row => row.version === version && row.arm !== 'shadow')
    const count = rows.reduce((sum, { wrong }) => sum + wrong, 0)
    return { count, total: rows.reduce((sum, { correct }) => sum + correct, count) }
  }

  /** What the canary that promoted the live version was judged by; undefined where nothing is to be judged, or yet. */
  async #askedOf({
    model,
    environment,
    stable,
  }: Deployment): Promise<(AnalysisSpec & { readonly accuracyMargin: number }) | undefined> {
    const newest = await this.#plane.stores.rollouts.list(model, MAX_ROLLOUTS)
    const here = newest.filter(rollout => rollout.environment === environment)
    // Another is on its way: it is compared with what serves, and this waits for its end.
    if (here.some(({ endedAt }) => endedAt === undefined)) return undefined
    const last = here.reduce<StoredRollout | undefined>(
      (latest, each) =>
        each.phase === 'promoted' && (each.endedAt ?? 0) > (latest?.endedAt ?? 0) ? each : latest,
      undefined,
    )
    if (last?.candidate !== stable || last.job === undefined || last.strategy.kind !== 'canary')
      return undefined
    const { accuracyMargin } = last.strategy.analysis
    return accuracyMargin === undefined ? undefined : { ...last.strategy.analysis, accuracyMargin }
  }
}
