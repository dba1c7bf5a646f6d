import { mergeSums, type Sample, type Sums } from '../../evaluate/index.ts'
import { bucketMilliseconds } from '../buckets.ts'
import type { Arm, ArmCounts } from '../types.ts'
import type { ArmOutcomes, ExperimentCounts, ExperimentMetric, LedgerOutcomes } from './types.ts'

export interface Samples {
  readonly candidate: Sample
  readonly reference: Sample
}

const NOTHING: Sample = { total: mergeSums() }

/**
 * What an experiment compares. What callers make of answers does not depend on which replica of a version gave them: all
 * that stable's version answered is the reference. Errors and latencies do, so there it is the fresh baseline alone.
 * Latencies are logarithms of milliseconds, of successful requests: a difference is a ratio, and a few slow ones weigh
 * what they are.
 */
export function samplesOf(metric: ExperimentMetric, { outcomes, counts }: ExperimentCounts): Samples {
  if (metric === 'errors' || metric === 'latency') {
    const sums = metric === 'errors' ? errorSums : latencySums
    const of = (arm: ArmCounts | undefined): Sample => (arm ? { total: sums(arm) } : NOTHING)
    return { candidate: of(counts.canary), reference: of(counts.baseline) }
  }
  const of = (arm: ArmOutcomes | undefined): Sample =>
    (metric === 'reward' ? arm?.rewards : arm?.correct) ?? NOTHING
  return {
    candidate: of(outcomes.canary),
    reference: mergeSamples(of(outcomes.baseline), of(outcomes.stable)),
  }
}

/** Of arms between which callers do not move. */
export function mergeSamples(...samples: readonly Sample[]): Sample {
  const total = mergeSums(...samples.map(sample => sample.total))
  const known = samples.filter(sample => sample.total.count > 0)
  if (known.length === 0 || known.some(({ groups }) => groups === undefined)) return { total }
  const length = known.reduce((most, { groups }) => Math.max(most, groups!.length), 0)
  const groups = Array.from({ length }, (_, i) =>
    mergeSums(...known.map(each => each.groups![i] ?? mergeSums())),
  )
  return { total, groups }
}

/** What all ledgers say of one step. */
export function outcomesAt(
  step: number,
  ledgers: readonly LedgerOutcomes[],
): Readonly<Partial<Record<Arm, ArmOutcomes>>> {
  const arms: Partial<Record<Arm, ArmOutcomes>> = {}
  for (const { arm, outcomes } of ledgers.filter(each => each.step === step)) {
    const before = arms[arm]
    arms[arm] = before
      ? {
          rewards: mergeSamples(before.rewards, outcomes.rewards),
          correct: mergeSamples(before.correct, outcomes.correct),
        }
      : outcomes
  }
  return arms
}

function errorSums({ requests, errors }: ArmCounts): Sums {
  return { count: requests, sum: errors, squares: errors }
}

function latencySums({ latency }: ArmCounts): Sums {
  let [count, sum, squares] = [0, 0, 0]
  for (const bucket in latency) {
    const log = Math.log(bucketMilliseconds(Number(bucket)))
    const here = latency[bucket]!
    count += here
    sum += here * log
    squares += here * log * log
  }
  return { count, sum, squares }
}
