import { hasEnded } from '../states.ts'
import type { AutoCancel, JobView } from '../types.ts'

/**
 * Which jobs of a pipeline are canceled because a newer one of its ref was made. Deployments, triggers and jobs
 * that take turns are not among them: what one of them has begun is not left half done, and they queue.
 *
 *   conservative    every other job, unless one that is not interruptible has started
 *   interruptible   the interruptible jobs, whatever else has started
 *   none            no job
 *   absent          the interruptible jobs, unless one that is not has started
 */
export function supersededJobs(
  mode: AutoCancel['onNewCommit'] | undefined,
  jobs: readonly JobView[],
): readonly JobView[] {
  if (mode === 'none') return []
  if (mode !== 'interruptible' && jobs.some(job => !job.interruptible && hasStarted(job))) return []
  return jobs.filter(
    job =>
      !hasEnded(job.state) &&
      job.work.kind !== 'deploy' &&
      job.work.kind !== 'trigger' &&
      job.group === undefined &&
      (mode === 'conservative' || job.interruptible),
  )
}

/** Which jobs are canceled because one has failed that was not allowed to. */
export function canceledByFailure(
  mode: AutoCancel['onJobFailure'] | undefined,
  jobs: readonly JobView[],
): readonly JobView[] {
  if (mode !== 'all') return []
  const failed = jobs.some(({ state, allowFailure }) => !allowFailure && isFailure(state))
  return failed ? jobs.filter(({ state }) => !hasEnded(state)) : []
}

function hasStarted({ state }: JobView): boolean {
  return state === 'running' || state === 'succeeded' || isFailure(state)
}

function isFailure(state: JobView['state']): boolean {
  return state === 'failed' || state === 'errored'
}
