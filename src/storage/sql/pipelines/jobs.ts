import { sql } from 'kysely'
import type { JobId, PipelineId } from '../../../core/index.ts'
import type { Job, PipelineStore } from '../../../pipeline/ports.ts'
import {
  assertTransition,
  hasEnded,
  JOB_STATES,
  JOB_TRANSITIONS,
  type JobState,
} from '../../../pipeline/states.ts'
import type { PlannedJob } from '../../../pipeline/types.ts'
import { has, isJson } from '../json.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type JobStore = Pick<PipelineStore, 'job' | 'jobs' | 'jobStates' | 'jobsIn' | 'moveJob'>
type JobChange = Parameters<PipelineStore['moveJob']>[3]

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
    async jobStates(pipeline) {
      const query = db.selectFrom('jobs').select(['id', 'state']).where('pipeline', '=', pipeline)
      const rows = await query.orderBy('position').execute()
      return rows.map(row => {
        const reader = new RowReader('jobs', row)
        return { id: reader.text('id') as JobId, state: reader.choice('state', JOB_STATES) }
      })
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
    moveJob: (id, from, to, change) => moveJob(db, id, from, to, change),
  }
}

/**
 * The reason is that of the latest step, or none. The result stays until the job starts anew; so does the time
 * it first ran.
 */
export async function moveJob(
  db: Db,
  id: JobId,
  from: JobState,
  to: JobState,
  { now, reason, result }: JobChange,
): Promise<boolean> {
  assertTransition(JOB_TRANSITIONS, from, to)
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ state: to, reason: reason ?? null })
    .$if(hasEnded(from), query => query.set({ result: null, started_at: null, ended_at: null }))
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

function jobOf(row: object): Job {
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
      startedAt: read.optional('started_at', column => read.instant(column)),
      endedAt: read.optional('ended_at', column => read.instant(column)),
    }),
  }
}
