import type { JobState } from '../states.ts'
import type { FailureCause, PlannedJob } from '../types.ts'

/** How an attempt ended. */
export interface AttemptEnd {
  readonly outcome: 'succeeded' | 'failed' | 'errored' | 'canceled'
  readonly exitCode?: number
  /** Absent: `script` of what failed, `other` of what could not be tried. */
  readonly cause?: FailureCause
}

export interface JobOutcome {
  readonly to: Extract<JobState, 'succeeded' | 'failed' | 'errored' | 'canceled' | 'ready'>
  /** It failed with an exit code that it may fail with. */
  readonly forgiven: boolean
}

/**
 * What the end of an attempt makes of its job: `ready` to try it again. `tries` counts this attempt and those before
 * it that came to an end of their own: neither lost nor canceled. Whether a failure is forgiven is asked when there
 * is no try left.
 */
export function outcomeOf(
  plan: Pick<PlannedJob, 'retries' | 'retryWhen' | 'allowFailureExitCodes'>,
  end: AttemptEnd,
  tries: number,
): JobOutcome {
  const { outcome, exitCode } = end
  if (outcome === 'succeeded' || outcome === 'canceled') return { to: outcome, forgiven: false }
  if (tries <= plan.retries && isRetried(plan, end)) return { to: 'ready', forgiven: false }
  const forgiven = exitCode !== undefined && (plan.allowFailureExitCodes?.includes(exitCode) ?? false)
  return { to: outcome, forgiven }
}

function isRetried(
  { retryWhen }: Pick<PlannedJob, 'retryWhen'>,
  { outcome, exitCode, cause = outcome === 'failed' ? 'script' : 'other' }: AttemptEnd,
): boolean {
  if (!retryWhen) return true
  return (
    retryWhen.causes.includes(cause) || (exitCode !== undefined && retryWhen.exitCodes.includes(exitCode))
  )
}
