import type { Plan, PlannedJob } from '../../pipeline/index.ts'
import type { JobSummary } from './engine/events.ts'
import type { Paint } from './show/style.ts'

const MINUTE = 60_000

/** Builders for tests: a job, a plan, what came of a job. */
export function aJob(name: string, changes: Partial<PlannedJob> = {}): PlannedJob {
  const phase = {
    name: 'script',
    steps: ['true'],
    onFailure: 'stop',
    result: 'failed',
    when: 'success',
  } as const
  return {
    name,
    work: { kind: 'script', shell: 'bash', phases: [{ ...phase, freshShell: false }] },
    needs: [],
    env: {},
    artifacts: [],
    timeout: MINUTE,
    retries: 0,
    allowFailure: false,
    ...changes,
  }
}

export function aPlan(jobs: readonly PlannedJob[], changes: Partial<Plan> = {}): Plan {
  return { jobs, ...changes }
}

/** Jobs that wait for the stages before them. */
export function staged(stage: string, ...names: readonly string[]): readonly PlannedJob[] {
  return names.map(name => aJob(name, { stage, order: 'stages' }))
}

export function aSummary(job: string, changes: Partial<JobSummary> = {}): JobSummary {
  return {
    job,
    state: 'succeeded',
    forgiven: false,
    tries: 1,
    startedMs: 0,
    durationMs: 1000,
    after: [],
    ...changes,
  }
}

export const plainly: Paint = (_colour, text) => text
