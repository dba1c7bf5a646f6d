import type { Offer } from '../../api/index.ts'
import type { Executor } from './executor.ts'

/** What a runner runs its attempts with. */
export interface Executors {
  readonly jobs: Executor
  /** Of jobs that name an image or services; absent: there is no engine, or it is not to be used. */
  readonly containers?: Executor
  /** Ballast's own stages are processes of this machine: they need its Node. The same as `jobs`, or beside it. */
  readonly stages: Executor
}

export function executorOf(
  { jobs, stages, containers = jobs }: Executors,
  { work, image, services = [] }: Pick<Offer, 'work' | 'image' | 'services'>,
): Executor {
  if (work.kind === 'stage') return stages
  return image || services.length > 0 ? containers : jobs
}

/** Each once. */
export function eachExecutor({ jobs, stages, containers = jobs }: Executors): readonly Executor[] {
  return [...new Set([jobs, stages, containers])]
}
