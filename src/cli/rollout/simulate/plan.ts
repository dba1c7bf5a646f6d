import { BallastError, type Fraction, formatPercent, type Milliseconds } from '../../../core/index.ts'
import type { StreamKind } from '../../../rollout/index.ts'
import type { Effect } from './scenarios.ts'

export const RULES = ['evidence', 'group-sequential', 'analysis'] as const
export type RuleName = (typeof RULES)[number]

/** What `ballast rollout simulate` plays through. */
export interface Plan {
  readonly trafficPerSecond: number
  /** The canary's part of the traffic. */
  readonly share: Fraction
  /** Of the stable version. */
  readonly errorRate: Fraction
  readonly quantile: Fraction
  /** Of the stable version; absent: there are no labels. */
  readonly accuracy?: Fraction
  /** Part of the labelled requests on which only one of the versions is right. */
  readonly disagree: Fraction
  /** Part of the canary's requests that both versions answer and somebody labels. */
  readonly labelled: Fraction
  readonly margins: { readonly errors: Fraction; readonly latency: Fraction; readonly accuracy: Fraction }
  /** Part of each margin within which a canary is not rolled back; bounds for a known number of looks have none. */
  readonly tolerance: Fraction
  readonly confidence: Fraction
  readonly effects: readonly Effect[]
  readonly streams: readonly StreamKind[]
  readonly rule: RuleName
  readonly lookMs: Milliseconds
  readonly totalMs: Milliseconds
  readonly runs: number
  readonly seed: number
}

/** Each look costs some 20 µs even if it is empty: more would take hours. */
const MAX_LOOKS = 10_000
/** Bounds for a known number of looks are integrated look by look. */
const MAX_GROUP_LOOKS = 500
/** Every latency is drawn for itself: at this many in one look, a thousand runs take an hour. */
const MAX_REQUESTS_PER_LOOK = 100_000
/** An interval of four digits. */
const MAX_RUNS = 100_000

export function looksOf({ totalMs, lookMs }: Pick<Plan, 'totalMs' | 'lookMs'>): number {
  return Math.floor(totalMs / lookMs)
}

/** Throws ARGUMENT_INVALID for what would take for ever or says nothing. */
export function checkPlan(plan: Plan): void {
  const looks = looksOf(plan)
  const most = plan.rule === 'group-sequential' ? MAX_GROUP_LOOKS : MAX_LOOKS
  if (!(looks >= 1 && looks <= most))
    throw invalid(
      `from 1 to ${most} looks`,
      `${looks}`,
      'Change --for or --look: there is a look every --look, up to --for.',
    )
  const perLook = (plan.trafficPerSecond * 2 * plan.share * plan.lookMs) / 1000
  if (!(perLook > 0 && perLook <= MAX_REQUESTS_PER_LOOK))
    throw invalid(
      `up to ${MAX_REQUESTS_PER_LOOK} requests in a look`,
      `${Math.round(perLook)}`,
      'Look more often, or give less traffic or a smaller share: more requests only decide sooner.',
    )
  if (!(plan.runs >= 1 && plan.runs <= MAX_RUNS))
    throw invalid(`from 1 to ${MAX_RUNS} runs`, `${plan.runs}`, 'A thousand tell a rate to about 1 %.')
  if (!(plan.share > 0 && plan.share < 1))
    throw invalid('a share between 0% and 100%', formatPercent(plan.share), 'Such as --share 10%.')
  if (!(plan.confidence >= 0.5 && plan.confidence < 1))
    throw invalid('a confidence from 50% to below 100%', formatPercent(plan.confidence), 'Such as 95%.')
}

function invalid(expected: string, found: string, hint: string): BallastError {
  return new BallastError('ARGUMENT_INVALID', {
    message: `Expected ${expected}, found ${found}`,
    hint,
    details: { expected, found },
  })
}
