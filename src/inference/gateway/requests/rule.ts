import type { Route, RouteTraffic } from '../../../api/index.ts'
import type { Fraction } from '../../../core/index.ts'
import type { ContentRule } from './content/content.ts'
import { Redaction } from './redaction/rules.ts'
import type { SegmentLimits } from './segments/segments.ts'

/** What a route's requests are written down by. */
export interface LogRule extends ContentRule {
  readonly share: Fraction
  readonly limits: SegmentLimits
  /** While one progresses. */
  readonly rollout: { readonly id: string; readonly step: number } | undefined
  /** Of an experiment: so many groups of callers. */
  readonly groups: number | undefined
}

export function logRule(
  { share, redact, bodies, keepMs, limitBytes }: NonNullable<RouteTraffic['log']>,
  rollout: Route['rollout'],
): LogRule {
  return {
    share,
    redaction: new Redaction(redact),
    bodies,
    limits: { keepMs, maxBytes: limitBytes },
    rollout: rollout && { id: rollout.id, step: rollout.step },
    groups: rollout?.groups,
  }
}
