import type { Milliseconds } from '../../core/index.ts'
import {
  type Analysis,
  banditMetric,
  type ExperimentCounts,
  isAbRunning,
  lookAtAb,
  lookAtBandit,
  nextShare,
  outcomesAt,
  type RolloutEvent,
  type StoredRollout,
  type Strategy,
  segmentsIn,
} from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { Fleet } from './fleet.ts'
import type { Gateways } from './gateways.ts'
import { isCandidateReady } from './readiness.ts'

type Ab = Extract<Strategy, { readonly kind: 'ab' }>
type Bandit = Extract<Strategy, { readonly kind: 'bandit' }>

export interface ExperimentLook {
  /** The experiment's own metric first, then its guardrails. */
  readonly analysis: Analysis
  readonly event: RolloutEvent | undefined
}

/** Looks at experiments whose guardrails hold. What feedback and gateways counted is stored: a restart loses none of it. */
export class Experiments {
  readonly #plane: ControlPlane
  readonly #fleet: Fleet
  readonly #gateways: Gateways

  constructor(plane: ControlPlane, fleet: Fleet, gateways: Gateways) {
    this.#plane = plane
    this.#fleet = fleet
    this.#gateways = gateways
  }

  /** `closed`: the calendar that keeps it. A decision waits for it untaken, so that nothing is decided twice. */
  look(
    rollout: StoredRollout,
    plan: Ab | Bandit,
    guardrails: Analysis,
    closed: RolloutEvent | undefined,
  ): Promise<ExperimentLook> {
    return plan.kind === 'ab'
      ? this.#lookAtAb(rollout, plan, guardrails, closed)
      : this.#lookAtBandit(rollout, plan, guardrails, closed)
  }

  async #lookAtAb(
    rollout: StoredRollout,
    plan: Ab,
    guardrails: Analysis,
    closed: RolloutEvent | undefined,
  ): Promise<ExperimentLook> {
    const seen = await this.#seen(rollout)
    const elapsed = this.#plane.clock.now() - rollout.stepStartedAt
    const { verdict, isOver, metric } = lookAtAb(plan, seen, elapsed)
    const analysis = withMetric(guardrails, metric)
    const { step } = rollout
    const holds: RolloutEvent = { kind: 'analysed', analysis, step }
    if (!isAbRunning(rollout)) return { analysis, event: holds }
    const decision = { ...guardrails, verdict, metrics: [metric] }
    const concluded: RolloutEvent = { kind: 'concluded', analysis: decision, step, seen, elapsed }
    if (!isOver) return { analysis, event: verdict === 'failed' ? concluded : holds }
    if (this.#isEarly(rollout)) return { analysis, event: holds }
    if (closed) return { analysis, event: closed }
    return { analysis, event: this.#mayEnd(rollout, verdict) ? concluded : undefined }
  }

  async #lookAtBandit(
    rollout: StoredRollout,
    plan: Bandit,
    guardrails: Analysis,
    closed: RolloutEvent | undefined,
  ): Promise<ExperimentLook> {
    const rewards = await this.#plane.stores.rollouts.outcomes(rollout.id)
    const elapsed = await this.#elapsed(rollout)
    const look = lookAtBandit(plan, segmentsIn(rewards), elapsed)
    const { verdict, isOver } = look
    const metric = banditMetric(plan, look)
    const analysis = withMetric(guardrails, metric)
    const { step, weight } = rollout
    const holds: RolloutEvent = { kind: 'analysed', analysis, step }
    const decision = { ...guardrails, verdict, metrics: [metric] }
    const settled: RolloutEvent = { kind: 'settled', analysis: decision, step, rewards, elapsed }
    if (verdict === 'failed') return { analysis, event: settled }
    if (this.#isEarly(rollout)) return { analysis, event: holds }
    if (closed) return { analysis, event: closed }
    if (verdict === 'passed' || isOver)
      return { analysis, event: this.#mayEnd(rollout, verdict) ? settled : undefined }
    const sinceChange = this.#plane.clock.now() - rollout.stepStartedAt
    const share = nextShare(plan, look, { share: weight, changes: step, sinceChange })
    if (share === undefined) return { analysis, event: holds }
    return { analysis, event: { kind: 'reweighed', analysis: decision, step, share, rewards, elapsed } }
  }

  /** A server that was started again waits for what gateways counted meanwhile. */
  #isEarly({ pause }: StoredRollout): boolean {
    return pause !== undefined || this.#gateways.unknown
  }

  #mayEnd(rollout: StoredRollout, verdict: Analysis['verdict']): boolean {
    return verdict !== 'passed' || isCandidateReady(this.#fleet, rollout)
  }

  /** Of an A/B's first step: in that behind it nothing is counted any more. */
  async #seen({ id }: StoredRollout): Promise<ExperimentCounts> {
    const { rollouts } = this.#plane.stores
    const [ledgers, counts] = await Promise.all([rollouts.outcomes(id), rollouts.counts(id, 0)])
    return { outcomes: outcomesAt(0, ledgers), counts }
  }

  /** Since it takes traffic: steps begin anew with every change of shares. */
  async #elapsed({ id, stepStartedAt }: StoredRollout): Promise<Milliseconds> {
    const history = await this.#plane.stores.rollouts.history(id)
    const began = history.find(({ phase }) => phase === 'progressing')?.at ?? stepStartedAt
    return this.#plane.clock.now() - began
  }
}

function withMetric(guardrails: Analysis, metric: Analysis['metrics'][number]): Analysis {
  const rest = guardrails.metrics.filter(other => other.metric !== metric.metric)
  const { requestsMissing: _, ...counts } = guardrails
  return { ...counts, verdict: 'inconclusive', metrics: [metric, ...rest] }
}
