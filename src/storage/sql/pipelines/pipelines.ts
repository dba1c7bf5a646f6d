import { sql } from 'kysely'
import type { CommitId, JobId, PipelineId, PrincipalId, ProjectId, PushId } from '../../../core/index.ts'
import type { Pipeline, PipelineStore, TriggerFacts } from '../../../pipeline/ports.ts'
import {
  assertTransition,
  hasEnded,
  PIPELINE_STATES,
  PIPELINE_TRANSITIONS,
} from '../../../pipeline/states.ts'
import { has, isJson, isTexts } from '../json.ts'
import { tellBranch } from '../notify/pipeline-news.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'
import { inTransaction } from '../transaction.ts'
import { jobRow } from './jobs.ts'

/** As many as run at once on a busy server. */
const MAX_RECENT = 64

type PipelinesStore = Pick<
  PipelineStore,
  | 'addPipeline'
  | 'pipeline'
  | 'pipelineByNumber'
  | 'pipelines'
  | 'pipelinesIn'
  | 'pipelinesOfPush'
  | 'movePipeline'
  | 'runningOfRef'
  | 'pipelinesOfRef'
  | 'pipelinesOfParent'
  | 'familySize'
>

export function pipelines(db: Db): PipelinesStore {
  const recent = new Recent()
  return {
    addPipeline: (pipeline, jobs) =>
      db.transaction().execute(async work => {
        const there = pipeline.push && (await ofPushAndRef(work, pipeline.push, pipeline.ref))
        if (there) return there
        const last = await work
          .selectFrom('pipelines')
          .select(({ fn }) => fn.max('number').as('number'))
          .where('project', '=', pipeline.project)
          .executeTakeFirst()
        const numbered = { ...pipeline, number: (last?.number ?? 0) + 1 }
        const root = await rootOf(work, numbered)
        await work
          .insertInto('pipelines')
          .values({ ...rowOf(numbered), root })
          .execute()
        // One by one: a database bounds the parameters of a statement, and a pipeline may have hundreds of jobs.
        const numberedJobs = typeof jobs === 'function' ? jobs(numbered.number) : jobs
        for (const job of numberedJobs) await work.insertInto('jobs').values(jobRow(job)).execute()
        // Such as one whose file can't be read.
        if (numbered.state === 'failed')
          await tellBranch(work, numbered.id, 'failed', numbered.endedAt ?? numbered.createdAt)
        return numbered
      }),
    async pipeline(id) {
      const known = recent.get(id)
      if (known) {
        const row = await stateOf(db, id)
        return row && withState(known, row)
      }
      const row = await db.selectFrom('pipelines').selectAll().where('id', '=', id).executeTakeFirst()
      const pipeline = row && pipelineOf(row)
      if (pipeline) recent.keep(id, pipeline)
      return pipeline
    },
    async pipelineByNumber(project, number) {
      const row = await db
        .selectFrom('pipelines')
        .selectAll()
        .where('project', '=', project)
        .where('number', '=', number)
        .executeTakeFirst()
      return row && pipelineOf(row)
    },
    async pipelines(project, { before, limit }) {
      const rows = await db
        .selectFrom('pipelines')
        .selectAll()
        .$if(project !== undefined, query => query.where('project', '=', project!))
        .$if(before !== undefined, query => query.where(isBefore(before!)))
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(pipelineOf)
    },
    async pipelinesIn(state) {
      const query = db.selectFrom('pipelines').selectAll().where('state', '=', state)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(pipelineOf)
    },
    async pipelinesOfPush(push) {
      const query = db.selectFrom('pipelines').selectAll().where('push', '=', push)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(pipelineOf)
    },
    async movePipeline(id, from, to, now) {
      assertTransition(PIPELINE_TRANSITIONS, from, to)
      return inTransaction(db, async work => {
        const { numUpdatedRows } = await work
          .updateTable('pipelines')
          .set({ state: to, ended_at: hasEnded(to) ? now : null })
          .where('id', '=', id)
          .where('state', '=', from)
          .executeTakeFirst()
        if (numUpdatedRows !== 1n) return false
        if (to === 'succeeded' || to === 'failed') await tellBranch(work, id, to, now)
        return true
      })
    },
    async runningOfRef(project, ref) {
      const query = db
        .selectFrom('pipelines')
        .selectAll()
        .where('project', '=', project)
        .where('ref', '=', ref)
        .where('state', '=', 'running')
      return (await query.orderBy('created_at').orderBy('id').execute()).map(pipelineOf)
    },
    async pipelinesOfRef(project, ref, { before, limit }) {
      const query = db
        .selectFrom('pipelines')
        .selectAll()
        .where('project', '=', project)
        .where('ref', '=', ref)
        .where('created_at', '<', before)
      const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
      return rows.map(pipelineOf)
    },
    async pipelinesOfParent(job) {
      const query = db.selectFrom('pipelines').selectAll().where('parent', '=', job)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(pipelineOf)
    },
    async familySize(id) {
      const own = await db.selectFrom('pipelines').select('root').where('id', '=', id).executeTakeFirst()
      const root = own?.root ?? id
      const { count } = await db
        .selectFrom('pipelines')
        .select(({ fn }) => fn.countAll<number | bigint | string>().as('count'))
        .where('root', '=', root)
        .executeTakeFirstOrThrow()
      // The one at the top names itself by no row of its own.
      return Number(count) + 1
    },
  }
}

/** Null for one that no other has made. */
async function rootOf(work: Db, { parent }: Pipeline): Promise<string | null> {
  if (parent === undefined) return null
  const above = await work
    .selectFrom('jobs')
    .innerJoin('pipelines', 'pipelines.id', 'jobs.pipeline')
    .select(['pipelines.id', 'pipelines.root'])
    .where('jobs.id', '=', parent)
    .executeTakeFirst()
  return above ? (above.root ?? above.id) : null
}

/** What moves in a pipeline; everything else is as it was when it was added. */
function stateOf(db: Db, id: PipelineId) {
  const query = db.selectFrom('pipelines').select(['id', 'state', 'ended_at']).where('id', '=', id)
  return query.executeTakeFirst()
}

function withState(known: Pipeline, row: object): Pipeline {
  const read = new RowReader('pipelines', row)
  const { endedAt: _before, ...rest } = known
  return {
    ...rest,
    state: read.choice('state', PIPELINE_STATES),
    ...present({ endedAt: read.optional('ended_at', column => read.instant(column)) }),
  }
}

/** Pipelines that run are asked for with every step of every job, and their configuration may be long. */
class Recent {
  readonly #pipelines = new Map<PipelineId, Pipeline>()

  get(id: PipelineId): Pipeline | undefined {
    return this.#pipelines.get(id)
  }

  keep(id: PipelineId, pipeline: Pipeline): void {
    this.#pipelines.set(id, pipeline)
    if (this.#pipelines.size > MAX_RECENT) this.#pipelines.delete(this.#pipelines.keys().next().value!)
  }
}

function isBefore(before: PipelineId) {
  return sql<boolean>`(created_at, id) < (select p.created_at, p.id from pipelines as p where p.id = ${before})`
}

async function ofPushAndRef(work: Db, push: PushId, ref: string): Promise<Pipeline | undefined> {
  const query = work.selectFrom('pipelines').selectAll().where('push', '=', push).where('ref', '=', ref)
  const row = await query.executeTakeFirst()
  return row && pipelineOf(row)
}

function rowOf(pipeline: Pipeline) {
  return {
    id: pipeline.id,
    project: pipeline.project,
    number: pipeline.number,
    commit_id: pipeline.commit,
    ref: pipeline.ref,
    title: pipeline.title,
    push: pipeline.push ?? null,
    principal: pipeline.principal,
    state: pipeline.state,
    config: JSON.stringify(pipeline.config),
    problems: JSON.stringify(pipeline.problems),
    created_at: pipeline.createdAt,
    ended_at: pipeline.endedAt ?? null,
    trigger_facts: pipeline.trigger ? JSON.stringify(pipeline.trigger) : null,
    outline: pipeline.outline ? JSON.stringify(pipeline.outline) : null,
    parent: pipeline.parent ?? null,
  }
}

const isTrigger = has<TriggerFacts>({ event: 'string', ref: 'string', commit: 'string', variables: 'object' })
const isOutline = has<NonNullable<Pipeline['outline']>>({})

function pipelineOf(row: object): Pipeline {
  const read = new RowReader('pipelines', row)
  return {
    id: read.text<PipelineId>('id'),
    project: read.text<ProjectId>('project'),
    number: read.number('number'),
    commit: read.text<CommitId>('commit_id'),
    ref: read.text('ref'),
    title: read.text('title'),
    principal: read.text<PrincipalId>('principal'),
    state: read.choice('state', PIPELINE_STATES),
    config: read.json('config', isJson),
    problems: read.json('problems', isTexts),
    createdAt: read.instant('created_at'),
    ...present({
      push: read.optional('push', column => read.text<PushId>(column)),
      trigger: read.optional('trigger_facts', column => read.json(column, isTrigger)),
      outline: read.optional('outline', column => read.json(column, isOutline)),
      parent: read.optional('parent', column => read.text<JobId>(column)),
      endedAt: read.optional('ended_at', column => read.instant(column)),
    }),
  }
}
