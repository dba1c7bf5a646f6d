import { sql } from 'kysely'
import type { JobId, PipelineId } from '../../../core/index.ts'
import type { Job, JobChange, JobNow, PipelineStore } from '../../../pipeline/ports.ts'
import {
  assertTransition,
  hasEnded,
  JOB_STATES,
  JOB_TRANSITIONS,
  type JobState,
} from '../../../pipeline/states.ts'
import type { GivenInputs, PlannedJob } from '../../../pipeline/types.ts'
import { has, isJson, isRecord, isTextRecord } from '../json.ts'
import { needsApproval, tellApproval } from '../notify/pipeline-news.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'
import { inTransaction } from '../transaction.ts'

type JobStore = Pick<
  PipelineStore,
  'job' | 'jobs' | 'jobStates' | 'jobsIn' | 'jobsInGroup' | 'dueJobs' | 'moveJob' | 'moveJobs' | 'explainJob'
>

const OPEN: readonly JobState[] = JOB_STATES.filter(state => !hasEnded(state))

export function jobs(db: Db): JobStore {
  return {
    async job(id) {
      const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
      return row && jobOf(row)
    },
    async jobs(pipeline) {
      const query = db.selectFrom('jobs').selectAll().where('pipeline', '=', pipeline)
      return (await query.orderBy('position').execute()).map(jobOf)
    },
    async jobStates(pipeline, only) {
      const columns = ['id', 'state', 'forgiven', 'due_at'] as const
      const query = db.selectFrom('jobs').select(columns).where('pipeline', '=', pipeline)
      const rows = await query
        .$if(only !== undefined, query => query.where('id', 'in', only!))
        .orderBy('position')
        .execute()
      return rows.map(nowOf)
    },
    async jobsIn(state, limit) {
      // Ids of pipelines sort by creation, and the index has this very order: nothing is sorted.
      const rows = await db
        .selectFrom('jobs')
        .selectAll()
        .where('state', '=', state)
        .orderBy('pipeline')
        .orderBy('position')
        .$if(limit !== undefined, query => query.limit(limit!))
        .execute()
      return rows.map(jobOf)
    },
    async jobsInGroup(project, group) {
      const rows = await db
        .selectFrom('jobs')
        .innerJoin('pipelines', 'pipelines.id', 'jobs.pipeline')
        .select(['jobs.id', 'jobs.pipeline', 'jobs.position', 'jobs.state'])
        .where('jobs.resource_group', '=', group)
        .where('jobs.state', 'in', OPEN)
        .where('pipelines.project', '=', project)
        .orderBy('jobs.pipeline')
        .orderBy('jobs.position')
        .execute()
      return rows.map(row => {
        const read = new RowReader('jobs', row)
        return {
          id: read.text<JobId>('id'),
          pipeline: read.text<PipelineId>('pipeline'),
          position: read.number('position'),
          state: read.choice('state', JOB_STATES),
        }
      })
    },
    async dueJobs(now) {
      const query = db
        .selectFrom('jobs')
        .selectAll()
        .where('due_at', '<=', now)
        .where('state', '=', 'waiting')
      return (await query.orderBy('due_at').orderBy('id').execute()).map(jobOf)
    },
    moveJob: (id, from, to, change) => moveJob(db, id, from, to, change),
    moveJobs: steps =>
      db.transaction().execute(async work => {
        const moved: boolean[] = []
        for (const { id, from, to, change } of steps) moved.push(await moveJob(work, id, from, to, change))
        return moved
      }),
    async explainJob(id, state, reason) {
      const { numUpdatedRows } = await db
        .updateTable('jobs')
        .set({ reason })
        .where('id', '=', id)
        .where('state', '=', state)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

function nowOf(row: object): JobNow & { readonly id: JobId } {
  const read = new RowReader('jobs', row)
  return { id: read.text<JobId>('id'), state: read.choice('state', JOB_STATES), ...presentNow(read) }
}

function presentNow(read: RowReader) {
  return present({
    due: read.optional('due_at', column => read.instant(column)),
    forgiven: read.optional('forgiven', column => read.flag(column)),
  })
}

/**
 * The reason is that of the latest step, or none; so is the time at which it starts by itself. The result stays
 * until the job starts anew; so does the time it first ran. What somebody gave it stays.
 */
export async function moveJob(
  db: Db,
  id: JobId,
  from: JobState,
  to: JobState,
  change: JobChange,
): Promise<boolean> {
  assertTransition(JOB_TRANSITIONS, from, to)
  if (to === 'waiting' || (from === 'waiting' && to === 'canceled'))
    return inTransaction(db, work => moveAndTell(work, id, from, to, change))
  return step(db, id, from, to, change)
}

/** That it waits for its approval, or no longer as nobody gave it, is told in the same transaction. */
async function moveAndTell(
  work: Db,
  id: JobId,
  from: JobState,
  to: JobState,
  change: JobChange,
): Promise<boolean> {
  const row = await work.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()
  if (!(await step(work, id, from, to, change)) || !row) return false
  const job = jobOf(row)
  if (needsApproval(job.plan) === undefined) return true
  const { now, due, reason = '' } = change
  const needed = to === 'waiting'
  if (!needed && (job.due === undefined || job.due > now)) return true
  const news = { kind: needed ? 'approval.needed' : 'approval.expired', reason } as const
  await tellApproval(work, job, { ...news, ...(needed && due !== undefined && { until: due }) }, now)
  return true
}

async function step(
  db: Db,
  id: JobId,
  from: JobState,
  to: JobState,
  { now, reason, result, due, forgiven, variables, inputs }: JobChange,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ state: to, reason: reason ?? null, due_at: due ?? null })
    .$if(hasEnded(from), query =>
      query.set({ result: null, forgiven: null, started_at: null, ended_at: null }),
    )
    .$if(forgiven !== undefined, query => query.set({ forgiven: forgiven ? 1 : 0 }))
    .$if(variables !== undefined, query => query.set({ variables: JSON.stringify(variables) }))
    .$if(inputs !== undefined, query => query.set({ inputs: JSON.stringify(inputs) }))
    .$if(to === 'running', query => query.set({ started_at: sql<number>`coalesce(started_at, ${now})` }))
    .$if(hasEnded(to), query => query.set({ ended_at: now }))
    .$if(result !== undefined, query => query.set({ result: JSON.stringify(result) }))
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export function jobRow(job: Job) {
  return {
    id: job.id,
    pipeline: job.pipeline,
    position: job.position,
    plan: JSON.stringify(job.plan),
    state: job.state,
    reason: job.reason ?? null,
    result: job.result === undefined ? null : JSON.stringify(job.result),
    started_at: job.startedAt ?? null,
    ended_at: job.endedAt ?? null,
    due_at: job.due ?? null,
    forgiven: job.forgiven === undefined ? null : job.forgiven ? 1 : 0,
    variables: job.variables ? JSON.stringify(job.variables) : null,
    inputs: job.inputs ? JSON.stringify(job.inputs) : null,
    resource_group: job.plan.resourceGroup?.name ?? null,
  }
}

const isPlannedJob = has<PlannedJob>({
  name: 'string',
  work: 'object',
  needs: 'array',
  env: 'object',
  artifacts: 'array',
  timeout: 'number',
  retries: 'number',
  allowFailure: 'boolean',
})

export function jobOf(row: object): Job {
  const read = new RowReader('jobs', row)
  return {
    id: read.text<JobId>('id'),
    pipeline: read.text<PipelineId>('pipeline'),
    position: read.number('position'),
    plan: read.json('plan', isPlannedJob),
    state: read.choice('state', JOB_STATES),
    ...present({
      reason: read.optional('reason', column => read.text(column)),
      result: read.optional('result', column => read.json(column, isJson)),
      variables: read.optional('variables', column => read.json(column, isTextRecord)),
      inputs: read.optional('inputs', column => read.json(column, isInputs)),
      startedAt: read.optional('started_at', column => read.instant(column)),
      endedAt: read.optional('ended_at', column => read.instant(column)),
    }),
    ...presentNow(read),
  }
}

/** They were held to the plan of the job as they were given. */
function isInputs(value: unknown): value is GivenInputs {
  return isRecord(value)
}
