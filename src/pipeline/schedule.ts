import { hasEnded, type JobState, type PipelineState } from './states.ts'
import type { JobMove, JobView, PlannedJob } from './types.ts'

export function jobViewOf(plan: PlannedJob, state: JobState): JobView {
  const { name, work, needs, allowFailure, skip } = plan
  return { name, work, needs, allowFailure, state, ...(skip !== undefined && { skip }) }
}

/**
 * Every step that blocked jobs are to take now, given what the others came to. Pure, and complete: taking the
 * steps and asking again gives none. A job starts the moment its last need ends well, whatever else still runs;
 * it is skipped the moment one ends badly.
 *
 *   needs ended well    script, stage -> ready · deploy -> running · deploy with approval -> waiting
 *   a need ended badly  -> skipped, saying which
 *   a rule skips it     -> skipped at once
 */
export function nextTransitions(jobs: readonly JobView[]): readonly JobMove[] {
  const now = new Map(jobs.map(job => [job.name, job]))
  const moves: JobMove[] = []
  for (let moved = true; moved; ) {
    moved = false
    for (const job of now.values()) {
      const move = job.state === 'blocked' ? moveOf(job, now) : undefined
      if (!move) continue
      moves.push(move)
      now.set(job.name, { ...job, state: move.to })
      moved = true
    }
  }
  return moves
}

function moveOf(job: JobView, jobs: ReadonlyMap<string, JobView>): JobMove | undefined {
  const { name } = job
  if (job.skip !== undefined) return { name, from: 'blocked', to: 'skipped', reason: job.skip }
  const needs = job.needs.map(need => jobs.get(need))
  const missing = needs.indexOf(undefined)
  if (missing >= 0) {
    const reason = `it needs '${job.needs[missing]}', and this pipeline has no such job`
    return { name, from: 'blocked', to: 'skipped', reason }
  }
  const bad = needs.find(need => hasEnded(need!.state) && !endedWell(need!))
  if (bad) return { name, from: 'blocked', to: 'skipped', reason: becauseOf(bad) }
  if (!needs.every(need => endedWell(need!))) return undefined
  return start(job)
}

function start({ name, work }: JobView): JobMove {
  if (work.kind !== 'deploy') return { name, from: 'blocked', to: 'ready' }
  if (!work.approval) return { name, from: 'blocked', to: 'running' }
  return {
    name,
    from: 'blocked',
    to: 'waiting',
    reason: `waits for approval to deploy to ${work.environment}`,
  }
}

function becauseOf({ name, state }: JobView): string {
  const became = { failed: 'failed', errored: 'could not be run', canceled: 'was canceled' } as const
  return `'${name}' ${state in became ? became[state as keyof typeof became] : 'was skipped'}`
}

/** Whether what needs this job may start: it succeeded, or its end does not matter. */
function endedWell({ state, allowFailure }: JobView): boolean {
  return state === 'succeeded' || (allowFailure && hasEnded(state))
}

/**
 * A pipeline runs until every job has ended; then a failure outweighs a cancellation, and jobs that are allowed
 * to fail don't count. A pipeline without jobs has succeeded; one whose plan has problems is its maker's matter.
 */
export function pipelineStateOf(jobs: readonly Pick<JobView, 'state' | 'allowFailure'>[]): PipelineState {
  if (jobs.some(job => !hasEnded(job.state))) return 'running'
  const states = jobs.filter(job => !job.allowFailure).map(job => job.state)
  if (states.includes('failed') || states.includes('errored')) return 'failed'
  return states.includes('canceled') ? 'canceled' : 'succeeded'
}

/**
 * What goes back to `blocked` when a person has an ended job tried again: the job, the needs that keep it from
 * starting (retrying a skipped job retries what it was skipped for), and whatever has ended behind any of
 * these, since it saw the old result. Empty when the job has not ended, or a rule skips it. Afterwards
 * `nextTransitions` starts what can start.
 */
export function retryTargets(name: string, jobs: readonly JobView[]): readonly JobMove[] {
  const byName = new Map(jobs.map(job => [job.name, job]))
  const job = byName.get(name)
  if (!job || !hasEnded(job.state) || job.skip !== undefined) return []
  const reset = new Set<string>()
  const visit = (target: JobView): void => {
    if (reset.has(target.name)) return
    reset.add(target.name)
    for (const need of target.needs.map(name => byName.get(name))) {
      if (need && hasEnded(need.state) && !endedWell(need) && need.skip === undefined) visit(need)
    }
  }
  visit(job)
  const again = withDependents(reset, jobs)
  return jobs
    .filter(({ name, state, skip }) => again.has(name) && hasEnded(state) && skip === undefined)
    .map(({ name, state: from }) => ({ name, from, to: 'blocked' }))
}

/** `names` and the names of all jobs that need one of them, directly or not. */
function withDependents(names: ReadonlySet<string>, jobs: readonly JobView[]): ReadonlySet<string> {
  const found = new Set(names)
  for (let size = 0; size !== found.size; ) {
    size = found.size
    for (const job of jobs) if (job.needs.some(need => found.has(need))) found.add(job.name)
  }
  return found
}
