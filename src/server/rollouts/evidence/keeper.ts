import { boundary, type Instant } from '../../../core/index.ts'
import {
  type Analysis,
  type Basis,
  guardrailsOf,
  isCompared,
  judgedBy,
  looked,
  type StoredRollout,
  shadowOf,
  trafficOf,
  withPoint,
} from '../../../rollout/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import type { QualityBoard } from '../../requests/quality.ts'
import type { TrafficMeter } from '../traffic.ts'
import { presentOf } from './present.ts'

export interface Weighed {
  readonly analysis: Analysis
  readonly basis: Basis
}

/** Looks at what was counted of a rollout, keeps the evidence of it, and says what it comes to. */
export class EvidenceKeeper {
  readonly #plane: ControlPlane
  readonly #quality: QualityBoard
  readonly #traffic: TrafficMeter

  constructor(plane: ControlPlane, quality: QualityBoard, traffic: TrafficMeter) {
    this.#plane = plane
    this.#quality = quality
    this.#traffic = traffic
  }

  /**
   * Evidence is written with the counts that it comes of before anything is decided by it: whatever dies in between,
   * the next look goes on from there. Where another was faster, what that one wrote counts.
   */
  async weigh(rollout: StoredRollout): Promise<Weighed> {
    const { step } = rollout
    if (!isCompared(rollout.strategy)) throw new TypeError(`Rollout ${rollout.id} has nothing to analyse`)
    const strategy = guardrailsOf(rollout.strategy)
    const { stores, clock } = this.#plane
    const { rollouts } = stores
    const present = await presentOf(rollouts, this.#quality.ledgersOf(rollout.environment, rollout.model), {
      ...rollout,
      strategy,
    })
    const now = clock.now()
    const stored = await rollouts.evidence(rollout.id)
    const state = looked(stored?.state, strategy, step, present, now)
    const { analysis, point } = judgedBy(
      state,
      present,
      strategy.analysis,
      this.#armPerSecond(rollout, now),
      now,
    )
    if (state !== stored?.state) {
      boundary('evidence-counted')
      const curve = withPoint(stored?.curve ?? [], point)
      if (!(await rollouts.saveEvidence(rollout.id, { state, curve }))) return this.weigh(rollout)
      boundary('evidence-saved')
    }
    return { analysis, basis: { policy: state.policy, evidence: state.evidence } }
  }

  #armPerSecond(rollout: StoredRollout, now: Instant): number {
    const { requestsPerSecond } = this.#traffic.figures(rollout.model, rollout.environment, now)
    return requestsPerSecond * (shadowOf(rollout) ?? trafficOf(rollout).baseline)
  }
}
