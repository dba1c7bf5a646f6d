import type { ArmQuality, ModelQuality } from '../../api/index.ts'
import type { RolloutId } from '../../core/index.ts'
import { mergeSums, type Sums } from '../../evaluate/index.ts'
import {
  ARMS,
  type ArmOutcomes,
  CALLER_GROUPS,
  isExperiment,
  type LedgerOutcomes,
  type StoredRollout,
} from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'

/** Some ledgers, steps and arms for each experiment on its way; the oldest are forgotten, and written once more. */
const MAX_KNOWN = 10_000

/** Keeps what gateways' ledgers say of experiments, so that a restart of the server knows it before they report again. */
export class OutcomeKeeper {
  readonly #plane: ControlPlane
  readonly #known = new Map<string, number>()

  constructor(plane: ControlPlane) {
    this.#plane = plane
  }

  /** Experiments of which there are news. */
  async keep(ledgers: readonly ModelQuality[]): Promise<readonly StoredRollout[]> {
    const told = ledgers.flatMap(outcomesIn).filter(each => this.#isNews(each))
    if (told.length === 0) return []
    const { rollouts } = this.#plane.stores
    const live = await rollouts.inPhases(['progressing'])
    const touched = new Set<StoredRollout>()
    for (const each of told) {
      const rollout = live.find(({ id, strategy }) => id === each.rollout && isExperiment(strategy))
      if (!rollout) continue
      await rollouts.saveOutcomes(rollout.id, each)
      this.#learn(each)
      touched.add(rollout)
    }
    return [...touched]
  }

  #isNews(told: Told): boolean {
    return this.#known.get(keyOf(told)) !== countOf(told)
  }

  #learn(told: Told): void {
    this.#known.delete(keyOf(told))
    this.#known.set(keyOf(told), countOf(told))
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!)
  }
}

type Told = LedgerOutcomes & { readonly rollout: RolloutId }

function keyOf({ rollout, step, ledger, arm }: Told): string {
  return `${rollout} ${step} ${ledger} ${arm}`
}

function countOf({ outcomes: { rewards, correct } }: Told): number {
  return rewards.total.count + correct.total.count
}

/** Of everything that a ledger counts, what belongs to a rollout's arms. */
export function outcomesIn({ ledger, arms }: Pick<ModelQuality, 'ledger' | 'arms'>): readonly Told[] {
  return arms.flatMap(({ rollout, arm: name, ...quality }) => {
    const arm = ARMS.find(known => known === name)
    if (rollout === undefined || arm === undefined) return []
    const { id, step } = rollout
    return [{ rollout: id as RolloutId, step, ledger, arm, outcomes: outcomesOf(quality) }]
  })
}

function outcomesOf({
  rewards,
  correct,
  wrong,
  groups,
}: Pick<ArmQuality, 'rewards' | 'correct' | 'wrong' | 'groups'>): ArmOutcomes {
  const labels = { total: labelSums({ correct, wrong }) }
  if (groups === undefined) return { rewards: { total: rewards }, correct: labels }
  const all = Array.from({ length: CALLER_GROUPS }, (_, i) => groups[i])
  return {
    rewards: { total: rewards, groups: all.map(group => group?.rewards ?? mergeSums()) },
    correct: { ...labels, groups: all.map(group => (group ? labelSums(group) : mergeSums())) },
  }
}

/** An example that is right is 1. */
function labelSums({ correct, wrong }: { readonly correct: number; readonly wrong: number }): Sums {
  return { count: correct + wrong, sum: correct, squares: correct }
}
