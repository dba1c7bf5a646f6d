import type { Instant } from '../../core/index.ts'
import { hasEnded, type JobState } from '../states.ts'
import type { JobView, PlannedJob } from '../types.ts'

/** What of a job changes while its pipeline runs. */
export interface JobNow {
  readonly state: JobState
  /** Its failure is one of those that its plan allows by their exit code. */
  readonly forgiven?: boolean
  /** When it starts by itself, or its approval comes too late. */
  readonly due?: Instant
}

export function jobViewOf(plan: PlannedJob, now: JobState | JobNow): JobView {
  const { state, forgiven = false, due }: JobNow = typeof now === 'string' ? { state: now } : now
  const { name, work, needs, order, stage, start, approval, skip, interruptible, resourceGroup } = plan
  return {
    name,
    work,
    needs,
    state,
    allowFailure: plan.allowFailureExitCodes === undefined ? plan.allowFailure : forgiven,
    ...(order !== undefined && { order }),
    ...(stage !== undefined && { stage }),
    ...(start !== undefined && { start }),
    ...(approval !== undefined && { approval }),
    ...(plan.approvalExpiresMs !== undefined && { approvalExpiresMs: plan.approvalExpiresMs }),
    ...(skip !== undefined && { skip }),
    ...(interruptible !== undefined && { interruptible }),
    ...(resourceGroup !== undefined && { group: resourceGroup.name }),
    ...(due !== undefined && { due }),
  }
}

/** It succeeded, or its end does not matter. */
export function endedWell({ state, allowFailure }: JobView): boolean {
  return state === 'succeeded' || (allowFailure && hasEnded(state))
}

export function endedBadly(job: JobView): boolean {
  return hasEnded(job.state) && !endedWell(job)
}

/** A person may start it and need not: it holds nothing up, and the pipeline ends without it. */
export function isOptional({
  state,
  start,
  allowFailure,
}: Pick<JobView, 'state' | 'start' | 'allowFailure'>): boolean {
  return state === 'waiting' && start?.kind === 'manual' && allowFailure
}

/** It will change the pipeline without anybody's doing, or a person has to act before it ends. */
export function isOpen(job: JobView): boolean {
  return !hasEnded(job.state) && !isOptional(job)
}
