import { armsEvidence, quantileBucket, quantileBuckets, type Surplus } from '../../evaluate/index.ts'
import { BUCKET_GROWTH, bucketMilliseconds, MAX_BUCKET } from '../buckets.ts'
import { histogramOf, mergeCounts } from '../counts.ts'
import type { ArmCounts } from '../types.ts'
import { grownSegment, mergedSegments, segmentOf, surplusOf } from './arms.ts'
import type { Figures, Judge, Levels } from './judge.ts'
import type { MetricOf, SlowCounts, Tally } from './types.ts'

type Latency = ArmCounts['latency']
type Quantile = MetricOf<'quantile'>

/**
 * A latency quantile, by counting slow requests: those beyond a threshold. It is the baseline's own quantile as it
 * was seen before, fixed until twice as much was seen: chosen from the past alone, so that the split of what comes
 * after it stays a coin's. A step begins with the threshold of the one before. "Longer by the tolerance at most" then says: no more requests of the canary are beyond it
 * than of the baseline, had all of its latencies been longer by that. What slows both arms, as load does, cancels.
 */
export const quantileJudge: Judge<'quantile'> = {
  add: (metric, tally, look, before) => {
    const [canary, baseline] = [
      added(tally?.canary ?? {}, look.canary),
      added(tally?.baseline ?? {}, look.baseline),
    ]
    const { slow, counted } = withLook(metric, tally, look, before?.slow.at(-1)?.threshold)
    const measured = (tally?.measured ?? 0) + totalOf(look.baseline)
    return { tally: { slow, canary, baseline, measured }, surpluses: counted }
  },
  ended: steps => {
    const last = steps.length - 1
    const of = (arm: 'canary' | 'baseline') => steps.map(step => step[arm]).reduce(added)
    return steps.map((step, i) => ({
      ...step,
      canary: i < last ? {} : of('canary'),
      baseline: i < last ? {} : of('baseline'),
    }))
  },
  harm: ({ quantile }, steps, inflation) =>
    armsEvidence(
      0,
      'worse',
      steps.flatMap(({ slow }) => slow.map(({ harm }) => harm)),
      {
        centre: 1 - quantile,
        inflation,
      },
    ),
  pass: ({ quantile }, { slow }, inflation) =>
    armsEvidence(
      0,
      'better',
      slow.map(({ pass }) => pass),
      { centre: 1 - quantile, inflation },
    ),
  ahead: (metric, tally, more) => {
    const slow = tally?.slow ?? []
    const last = slow.at(-1) ?? unseen(metric)
    const next = { ...last, harm: grownSegment(last.harm, more), pass: grownSegment(last.pass, more) }
    return {
      slow: [...slow.slice(0, -1), next],
      canary: tally?.canary ?? {},
      baseline: tally?.baseline ?? {},
      measured: (tally?.measured ?? 0) + more,
    }
  },
  figures: ({ quantile }, steps, inflation, levels) => figuresOf(quantile, steps, inflation, levels),
}

/** Slow requests of two like arms, in parts of one request; beyond a threshold that is shorter by the margin lie more. */
function unseen({ quantile, margin }: Quantile): SlowCounts {
  const slow = 1 - quantile
  const like = segmentOf({ count: slow, total: 1 }, { count: slow, total: 1 })
  const sooner = Math.min(1, slow * (1 + margin) ** TAIL)
  return {
    threshold: 0,
    harm: like,
    pass: segmentOf({ count: slow, total: 1 }, { count: sooner, total: 1 }),
  }
}

/** Twice as long are a twentieth as many: about a log-normal's tail with a spread of a half. */
const TAIL = 4

function withLook(
  metric: Quantile,
  tally: Tally<'quantile'> | undefined,
  look: { readonly canary: Latency; readonly baseline: Latency },
  before: number | undefined,
): { readonly slow: readonly SlowCounts[]; readonly counted: readonly Surplus[] } {
  const current = tally?.slow.at(-1)
  const threshold = tally === undefined ? before : thresholdOf(metric, tally)
  if (threshold === undefined) return { slow: tally?.slow ?? [], counted: [] }
  const [tolerated, allowed] = [
    Math.ceil(bucketsOf(metric.tolerance) - 1e-9),
    Math.floor(bucketsOf(metric.margin) + 1e-9),
  ]
  const canary = beyond(look.canary, threshold)
  const harm = segmentOf(canary, beyond(look.baseline, threshold - tolerated))
  const pass = segmentOf(canary, beyond(look.baseline, threshold - allowed))
  const goesOn = current !== undefined && current.threshold === threshold
  const next = goesOn
    ? { threshold, harm: mergedSegments(current.harm, harm), pass: mergedSegments(current.pass, pass) }
    : { threshold, harm, pass }
  // How slow requests cluster is seen where both arms are asked alike: beyond a shorter latency one arm has more.
  const rest = (goesOn ? tally?.slow.slice(0, -1) : tally?.slow) ?? []
  return { slow: [...rest, next], counted: surplusOf(segmentOf(canary, beyond(look.baseline, threshold))) }
}

function thresholdOf({ quantile }: Quantile, tally: Tally<'quantile'>): number | undefined {
  const current = tally.slow.at(-1)
  return current && !isStale(current, tally)
    ? current.threshold
    : quantileBucket(histogramOf(asCounts(tally.baseline)), quantile)
}

/** Whether a threshold was fixed when no more than half of what is known now was. */
function isStale(current: SlowCounts, { measured }: Tally<'quantile'>): boolean {
  const since = current.harm.reference.reduce((sum, [, count]) => sum + count, 0)
  return 2 * since >= measured
}

/** A relative difference as so many buckets. */
function bucketsOf(relative: number): number {
  return Math.log1p(relative) / Math.log(BUCKET_GROWTH)
}

function beyond(latency: Latency, threshold: number): { readonly count: number; readonly total: number } {
  let [count, total] = [0, 0]
  for (const bucket in latency) {
    const here = latency[bucket]!
    total += here
    if (Number(bucket) > threshold) count += here
  }
  return { count, total }
}

function totalOf(latency: Latency): number {
  let total = 0
  for (const bucket in latency) total += latency[bucket]!
  return total
}

function added(a: Latency, b: Latency): Latency {
  const sum: Record<number, number> = { ...a }
  for (const bucket in b) sum[bucket] = (sum[bucket] ?? 0) + b[bucket]!
  return sum
}

function asCounts(latency: Latency): ArmCounts {
  return { requests: 0, errors: 0, latency }
}

/**
 * The interval is that of each arm's own quantile, divided (each at half its level): wider than the test, which
 * compares the arms request by request.
 */
function figuresOf(
  quantile: number,
  steps: readonly Tally<'quantile'>[],
  inflation: number,
  levels: Levels,
): Figures {
  const of = (arm: 'canary' | 'baseline') =>
    histogramOf(mergeCounts(...steps.map(step => asCounts(step[arm]))))
  const [canary, baseline] = [of('canary'), of('baseline')]
  const [a, b] = [quantileBucket(canary, quantile), quantileBucket(baseline, quantile)]
  if (a === undefined || b === undefined)
    return { canary: 0, baseline: 0, difference: 0, interval: [-1, UNBOUNDED] }
  const halves = { low: (levels.low / 2) ** inflation, high: (levels.high / 2) ** inflation }
  const ours = quantileBuckets(quantile, canary, halves)
  const theirs = quantileBuckets(quantile, baseline, { low: halves.high, high: halves.low })
  return {
    canary: bucketMilliseconds(a),
    baseline: bucketMilliseconds(b),
    difference: BUCKET_GROWTH ** (a - b) - 1,
    interval: [ratio(ours.low, theirs.high, -1) ?? -1, ratio(ours.high, theirs.low, 1) ?? UNBOUNDED],
  }
}

const UNBOUNDED = BUCKET_GROWTH ** MAX_BUCKET - 1

/** Buckets are one wide: the ends of a ratio are a bucket further out. */
function ratio(a: number | undefined, b: number | undefined, outwards: 1 | -1): number | undefined {
  return a === undefined || b === undefined ? undefined : BUCKET_GROWTH ** (a - b + outwards) - 1
}
