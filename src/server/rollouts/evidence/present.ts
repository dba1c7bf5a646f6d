import type { ModelQuality } from '../../../api/index.ts'
import {
  armsOfPairs,
  type LabelCounts,
  NO_COUNTS,
  NO_PAIRS,
  type Present,
  type RolloutStore,
  type StoredRollout,
  shadowOf,
  trafficOf,
} from '../../../rollout/index.ts'

/** All that gateways have counted of a rollout's present step, and of its labels. */
export async function presentOf(
  store: Pick<RolloutStore, 'counts' | 'pairs'>,
  ledgers: readonly ModelQuality[],
  rollout: StoredRollout,
): Promise<Present> {
  const labels = ledgers.map(ledger => labelsOf(ledger, rollout))
  if (shadowOf(rollout) !== undefined) {
    const shadow = (await store.pairs(rollout.id, rollout.step)) ?? NO_PAIRS
    return { ...armsOfPairs(shadow), shadow, labels }
  }
  const { canary = NO_COUNTS, baseline = NO_COUNTS } = await store.counts(rollout.id, rollout.step)
  return { canary, baseline, labels }
}

function labelsOf({ ledger, arms, pairs }: ModelQuality, rollout: StoredRollout): LabelCounts {
  const like = alikeSteps(rollout)
  const ofArm = (arm: 'canary' | 'baseline') => {
    const rows = arms.filter(
      row => row.arm === arm && row.rollout?.id === rollout.id && like.has(row.rollout.step),
    )
    const wrong = rows.reduce((sum, row) => sum + row.wrong, 0)
    return { count: wrong, total: rows.reduce((sum, row) => sum + row.correct, wrong) }
  }
  const compared = pairs.filter(
    pair =>
      pair.rollout?.id === rollout.id && pair.primary === rollout.stable && pair.shadow === rollout.candidate,
  )
  const sum = (of: (pair: (typeof compared)[number]) => number) =>
    compared.reduce((all, pair) => all + of(pair), 0)
  return {
    ledger,
    canary: ofArm('canary'),
    baseline: ofArm('baseline'),
    pairs: {
      onlyBaseline: sum(({ onlyPrimary }) => onlyPrimary),
      onlyCanary: sum(({ onlyShadow }) => onlyShadow),
      pairs: sum(pair => pair.both + pair.onlyPrimary + pair.onlyShadow + pair.neither),
    },
  }
}

/** Steps in which canary and baseline share as they do now: only such labels are one sample. */
function alikeSteps({ strategy, weight }: StoredRollout): ReadonlySet<number> {
  const steps = strategy.kind === 'canary' ? strategy.steps : []
  const splitOf = (weight: number): number => {
    const { canary, baseline } = trafficOf({ phase: 'progressing', weight })
    return canary / (canary + baseline)
  }
  return new Set(
    steps.flatMap((step, i) =>
      step.shadow === undefined && Math.abs(splitOf(step.weight) - splitOf(weight)) < 1e-9 ? [i] : [],
    ),
  )
}
