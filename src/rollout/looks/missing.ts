import { requestsUntilEvidence } from '../../evaluate/index.ts'
import {
  type EvidenceOf,
  harmAhead,
  isRequired,
  type MetricDecision,
  type MetricKind,
  passAhead,
} from '../evidence/index.ts'
import { sourceOf } from './sources.ts'
import type { Present, RolloutEvidence, Watched } from './types.ts'

/** More than this is "not in sight": what is seen lies at a margin, and no wait will part them. */
const MAX_MISSING = 10_000_000

/**
 * About how many more requests in each arm decide, if they come as those before did; where none came, as if nothing
 * ever failed. A step passes with the last of its metrics, and one that fails ends all. Undefined: not in sight.
 */
export function requestsMissing(
  { policy, evidence, watched }: RolloutEvidence,
  decisions: readonly MetricDecision[],
  present: Present,
  minRequests: number,
): number | undefined {
  const requests = Math.min(present.canary.requests, present.baseline.requests)
  const passes: (number | undefined)[] = [Math.max(0, minRequests - requests)]
  const fails: number[] = []
  for (const [i, metric] of policy.metrics.entries()) {
    const { pass, passNeeded, harmNeeded } = decisions[i]!
    const each = evidence[i]! as EvidenceOf<MetricKind>
    const perRequest = partOf(watched[i]!, requests)
    if (isRequired(policy, metric) && pass < passNeeded)
      passes.push(
        scaled(
          requestsUntilEvidence(more => passAhead<MetricKind>(metric, each, more), passNeeded),
          perRequest,
        ),
      )
    if (each.present === undefined) continue
    const failing = scaled(
      requestsUntilEvidence(more => harmAhead<MetricKind>(metric, each, more), harmNeeded),
      perRequest,
    )
    if (failing !== undefined) fails.push(failing)
  }
  const passing = passes.reduce((most, each) =>
    most === undefined || each === undefined ? undefined : Math.max(most, each),
  )
  const least = Math.min(passing ?? Number.POSITIVE_INFINITY, ...fails)
  return least <= MAX_MISSING ? Math.max(1, Math.ceil(least)) : undefined
}

function scaled(outcomes: number | undefined, perRequest: number): number | undefined {
  return outcomes === undefined || perRequest === 0 ? undefined : outcomes / perRequest
}

/** Outcomes of a metric for each request: all of errors, few of labels. Before any request came: as if all had one. */
function partOf({ source, counted }: Watched, requests: number): number {
  if (source === 'errors' || source === 'latency' || requests === 0) return 1
  const { size } = sourceOf(source)
  const seen = counted.reduce((sum, [, tallies]) => sum + size(tallies), 0)
  return Math.min(1, seen / requests)
}
