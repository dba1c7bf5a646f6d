import { commands } from './plan/work.ts'
import type { JobState } from './states.ts'
import type { JobView, PlannedJob } from './types.ts'

/** For tests: a script job with these needs. */
export function aJob(
  name: string,
  needs: readonly string[] = [],
  more: Partial<PlannedJob> = {},
): PlannedJob {
  return {
    name,
    work: commands(['true']),
    needs,
    env: {},
    artifacts: [],
    timeout: 1000,
    retries: 0,
    allowFailure: false,
    ...more,
  }
}

/** For tests: the same as the scheduler sees it. */
export function aView(
  name: string,
  state: JobState,
  needs: readonly string[] = [],
  more: Partial<JobView> = {},
): JobView {
  return { name, needs, state, work: commands(['true']), allowFailure: false, ...more }
}
