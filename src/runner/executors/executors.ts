import type { Offer } from '../../api/index.ts'
import type { Executor } from './executor.ts'

/** What a runner runs its attempts with. */
export interface Executors {
  readonly jobs: Executor
  /** Ballast's own stages are processes of this machine: they need its Node. The same as `jobs`, or beside it. */
  readonly stages: Executor
}

export function executorOf({ jobs, stages }: Executors, { work }: Pick<Offer, 'work'>): Executor {
  return work.kind === 'stage' ? stages : jobs
}

/** Both, or the one that is both. */
export function eachExecutor({ jobs, stages }: Executors): readonly Executor[] {
  return jobs === stages ? [jobs] : [jobs, stages]
}
