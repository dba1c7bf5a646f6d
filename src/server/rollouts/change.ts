import type { Decision, Instant } from '../../core/index.ts'
import type { Analysis, Rollout, RolloutChange, RolloutEvent } from '../../rollout/index.ts'

/** Whether more is another than the reason why it holds. */
export function isMoved(before: Rollout, { phase, step, weight, override, pause }: Rollout): boolean {
  return (
    phase !== before.phase ||
    step !== before.step ||
    weight !== before.weight ||
    override !== before.override ||
    pause !== before.pause
  )
}

/** The line of history. What a person, or a failed replica, ended stands beside what was `known` by then. */
export function changeTo(
  { phase, step, weight, reason = '' }: Rollout,
  event: RolloutEvent,
  known: Analysis | undefined,
  at: Instant,
): RolloutChange {
  const analysis = event.kind === 'analysed' ? event.analysis : known
  return { at, phase, step, weight, reason, ...(analysis && { analysis }), decision: decisionOf(event) }
}

/** Whose decision an event is. */
function decisionOf(event: RolloutEvent): Decision {
  switch (event.kind) {
    case 'promote':
    case 'abort':
    case 'override':
    case 'pause':
    case 'resume':
      return { kind: 'person', by: event.by }
    default:
      return { kind: event.kind === 'analysed' ? 'analysis' : 'checks' }
  }
}
