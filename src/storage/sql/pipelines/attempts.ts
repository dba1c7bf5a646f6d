import { sql } from 'kysely'
import type { AttemptId, JobId, ProjectId } from '../../../core/index.ts'
import type { Attempt, AttemptChange, KeptFile, KeptReport, PipelineStore } from '../../../pipeline/ports.ts'
import {
  ATTEMPT_STATES,
  ATTEMPT_TRANSITIONS,
  type AttemptState,
  assertTransition,
  hasEnded,
} from '../../../pipeline/states.ts'
import { FAILURE_CAUSES } from '../../../pipeline/types.ts'
import { has, isTexts, listOf } from '../json.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'
import { moveJob } from './jobs.ts'

type AttemptStore = Pick<
  PipelineStore,
  | 'claim'
  | 'nextFence'
  | 'attempt'
  | 'attemptByToken'
  | 'attempts'
  | 'reusable'
  | 'attemptsIn'
  | 'keeping'
  | 'renew'
  | 'moveAttempt'
  | 'endAttempt'
>

/** Ends that only a process that ran comes to. */
const ENDED_BY_ITSELF: readonly AttemptState[] = ['succeeded', 'failed']
/** A restart loses at most this many numbers, of 2^53. */
const FENCE_BLOCK = 256

const LIVE: readonly AttemptState[] = ATTEMPT_STATES.filter(state => !hasEnded(state))

/**
 * Fencing numbers, taken from the database a block at a time: one durable write for many leases. What a process
 * leaves of its block is never given, so every number after a restart is greater.
 */
class Fences {
  readonly #db: Db
  #next = 1
  #last = 0
  #taking: Promise<void> | undefined

  constructor(db: Db) {
    this.#db = db
  }

  async next(): Promise<number> {
    while (this.#next > this.#last) {
      this.#taking ??= this.#take().finally(() => {
        this.#taking = undefined
      })
      await this.#taking
    }
    return this.#next++
  }

  async #take(): Promise<void> {
    const { value } = await this.#db
      .insertInto('counters')
      .values({ name: 'fence', value: FENCE_BLOCK })
      .onConflict(conflict =>
        conflict.column('name').doUpdateSet(eb => ({ value: eb('counters.value', '+', FENCE_BLOCK) })),
      )
      .returning('value')
      .executeTakeFirstOrThrow()
    this.#last = value
    this.#next = value - FENCE_BLOCK + 1
  }
}

export function attempts(db: Db): AttemptStore {
  const fences = new Fences(db)
  return {
    claim: (job, attempt) =>
      db.transaction().execute(async work => {
        if (!(await moveJob(work, job, 'ready', 'running', { now: attempt.createdAt }))) return false
        await work.insertInto('attempts').values(rowOf(attempt)).execute()
        return true
      }),
    nextFence: () => fences.next(),
    async attempt(id) {
      const row = await db.selectFrom('attempts').selectAll().where('id', '=', id).executeTakeFirst()
      return row && attemptOf(row)
    },
    async attemptByToken(hash) {
      const row = await db
        .selectFrom('attempts')
        .selectAll()
        .where('token_hash', '=', hash)
        .executeTakeFirst()
      return row && attemptOf(row)
    },
    async attempts(job) {
      const query = db.selectFrom('attempts').selectAll().where('job', '=', job)
      return (await query.orderBy('number').execute()).map(attemptOf)
    },
    async reusable(key) {
      const query = db.selectFrom('attempts').selectAll().where('reuse_key', '=', key)
      const row = await query
        .where('state', '=', 'succeeded')
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row && attemptOf(row)
    },
    async attemptsIn(states) {
      if (states.length === 0) return []
      const query = db.selectFrom('attempts').selectAll().where('state', 'in', states)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(attemptOf)
    },
    async keeping(at, { after, limit }) {
      const rows = await db
        .selectFrom('attempts')
        .innerJoin('jobs', 'jobs.id', 'attempts.job')
        .innerJoin('pipelines', 'pipelines.id', 'jobs.pipeline')
        .select(['attempts.id', 'attempts.artifacts', 'pipelines.project'])
        .where('attempts.artifacts', '!=', '[]')
        .where(eb => eb.or([eb('attempts.keep_until', 'is', null), eb('attempts.keep_until', '>', at)]))
        .$if(after !== undefined, query => query.where('attempts.id', '>', after!))
        .orderBy('attempts.id')
        .limit(limit)
        .execute()
      return rows.map(row => {
        const read = new RowReader('attempts', row)
        return {
          attempt: read.text<AttemptId>('id'),
          project: read.text<ProjectId>('project'),
          artifacts: read.json('artifacts', listOf(isKeptFile)),
        }
      })
    },
    async renew(id, fence, leaseUntil) {
      const { numUpdatedRows } = await db
        .updateTable('attempts')
        .set({ lease_until: leaseUntil })
        .where('id', '=', id)
        .where('fence', '=', fence)
        .where('state', 'in', LIVE)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
    moveAttempt: (id, from, to, change) => moveAttempt(db, id, from, to, change),
    endAttempt: (id, from, to, change, job) =>
      db.transaction().execute(async work => {
        if (!(await moveAttempt(work, id, from, to, change))) return false
        await moveJob(work, job.id, 'running', job.to, job.change)
        return true
      }),
  }
}

async function moveAttempt(
  db: Db,
  id: AttemptId,
  from: AttemptState,
  to: AttemptState,
  change: AttemptChange,
): Promise<boolean> {
  assertTransition(ATTEMPT_TRANSITIONS, from, to)
  const { now, exitCode, reason, cause, artifacts, reports, keepUntil, logBytes, sandboxed } = change
  const { numUpdatedRows } = await db
    .updateTable('attempts')
    .set({
      state: to,
      ...(to === 'running' && { started_at: now }),
      // A job may be over before anybody said that it had begun.
      ...(ENDED_BY_ITSELF.includes(to) && { started_at: sql<number>`coalesce(started_at, created_at)` }),
      ...(hasEnded(to) && { ended_at: now }),
      ...(exitCode !== undefined && { exit_code: exitCode }),
      ...(reason !== undefined && { reason }),
      ...(cause !== undefined && { cause }),
      ...(artifacts !== undefined && { artifacts: JSON.stringify(artifacts) }),
      ...(reports !== undefined && { reports: JSON.stringify(reports) }),
      ...(keepUntil !== undefined && { keep_until: keepUntil }),
      ...(logBytes !== undefined && { log_bytes: logBytes }),
      ...(sandboxed !== undefined && { sandboxed: sandboxed ? 1 : 0 }),
    })
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

function rowOf(attempt: Attempt) {
  return {
    id: attempt.id,
    job: attempt.job,
    number: attempt.number,
    state: attempt.state,
    runner: attempt.runner,
    fence: attempt.fence,
    lease_until: attempt.leaseUntil,
    token_hash: attempt.tokenHash,
    exit_code: attempt.exitCode ?? null,
    reason: attempt.reason ?? null,
    artifacts: JSON.stringify(attempt.artifacts),
    sandboxed: attempt.sandboxed ? 1 : 0,
    log_bytes: attempt.logBytes,
    created_at: attempt.createdAt,
    started_at: attempt.startedAt ?? null,
    ended_at: attempt.endedAt ?? null,
    cause: attempt.cause ?? null,
    reports: attempt.reports ? JSON.stringify(attempt.reports) : null,
    runner_labels: attempt.runnerLabels ? JSON.stringify(attempt.runnerLabels) : null,
    keep_until: attempt.keepUntil ?? null,
    reuse_key: attempt.reuseKey ?? null,
  }
}

const isKeptFile = has<KeptFile>({ path: 'string', digest: 'string', size: 'number', executable: 'boolean' })
const isReport = has<KeptReport>({ kind: 'string', path: 'string' })

function attemptOf(row: object): Attempt {
  const read = new RowReader('attempts', row)
  return {
    id: read.text<AttemptId>('id'),
    job: read.text<JobId>('job'),
    number: read.number('number'),
    state: read.choice('state', ATTEMPT_STATES),
    runner: read.text('runner'),
    fence: read.number('fence'),
    leaseUntil: read.instant('lease_until'),
    tokenHash: read.text('token_hash'),
    artifacts: read.json('artifacts', listOf(isKeptFile)),
    sandboxed: read.flag('sandboxed'),
    logBytes: read.number('log_bytes'),
    createdAt: read.instant('created_at'),
    ...present({
      exitCode: read.optional('exit_code', column => read.number(column)),
      reason: read.optional('reason', column => read.text(column)),
      cause: read.optional('cause', column => read.choice(column, FAILURE_CAUSES)),
      reports: read.optional('reports', column => read.json(column, listOf(isReport))),
      runnerLabels: read.optional('runner_labels', column => read.json(column, isTexts)),
      reuseKey: read.optional('reuse_key', column => read.text(column)),
      keepUntil: read.optional('keep_until', column => read.instant(column)),
      startedAt: read.optional('started_at', column => read.instant(column)),
      endedAt: read.optional('ended_at', column => read.instant(column)),
    }),
  }
}
