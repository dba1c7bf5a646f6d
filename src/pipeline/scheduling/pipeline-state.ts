import { hasEnded, type PipelineState } from '../states.ts'
import type { JobView } from '../types.ts'
import { isOptional } from './view.ts'

/**
 * A pipeline runs until every job has ended, but for manual ones that may be left alone; then a failure outweighs
 * a cancellation, and jobs that are allowed to fail don't count. A pipeline without jobs has succeeded; one whose
 * plan has problems is its maker's matter.
 */
export function pipelineStateOf(
  jobs: readonly Pick<JobView, 'state' | 'allowFailure' | 'start'>[],
): PipelineState {
  if (jobs.some(job => !hasEnded(job.state) && !isOptional(job))) return 'running'
  const states = jobs.filter(job => !job.allowFailure).map(job => job.state)
  if (states.includes('failed') || states.includes('errored')) return 'failed'
  return states.includes('canceled') ? 'canceled' : 'succeeded'
}
