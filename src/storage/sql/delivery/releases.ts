import type {
  AttemptId,
  CommitId,
  JobId,
  PipelineId,
  PrincipalId,
  ProjectId,
  ReleaseId,
} from '../../../core/index.ts'
import type { DeliveryStore, HeldJob, Release } from '../../../pipeline/ports.ts'
import { has, isJson, isTexts, listOf } from '../json.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type ReleaseStore = Pick<
  DeliveryStore,
  | 'holdJob'
  | 'heldJob'
  | 'heldJobs'
  | 'letJobGo'
  | 'addRelease'
  | 'publishRelease'
  | 'pendingReleases'
  | 'dropRelease'
  | 'release'
  | 'releases'
>

const STATES = ['pending', 'published'] as const
const isLinks = listOf(has<Release['links'][number]>({ name: 'string', url: 'string' }))

export function releases(db: Db): ReleaseStore {
  const all = db.selectFrom('releases').selectAll()
  return {
    async addRelease(release) {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('releases')
        .values(rowOf(release))
        .onConflict(conflict => conflict.columns(['project', 'tag']).doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },
    async publishRelease(id) {
      await db.updateTable('releases').set({ state: 'published' }).where('id', '=', id).execute()
    },
    async pendingReleases(job) {
      const query = all.where('job', '=', job).where('state', '=', 'pending')
      return (await query.orderBy('id').execute()).map(releaseOf)
    },
    async dropRelease(id) {
      await db.deleteFrom('releases').where('id', '=', id).where('state', '=', 'pending').execute()
    },
    async release(project, tag) {
      const row = await all.where('project', '=', project).where('tag', '=', tag).executeTakeFirst()
      return row && releaseOf(row)
    },
    async releases(project, { before, limit }) {
      const rows = await all
        .where('project', '=', project)
        .where('state', '=', 'published')
        .$if(before !== undefined, query => query.where('id', '<', before!))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(releaseOf)
    },
    ...heldJobs(db),
  }
}

function heldJobs(db: Db): Pick<ReleaseStore, 'holdJob' | 'heldJob' | 'heldJobs' | 'letJobGo'> {
  const all = db.selectFrom('held_jobs').selectAll()
  return {
    async holdJob({ job, attempt, result, createdAt }) {
      const change = {
        attempt,
        result: result === undefined ? null : JSON.stringify(result),
        created_at: createdAt,
      }
      await db
        .insertInto('held_jobs')
        .values({ job, ...change })
        .onConflict(conflict => conflict.column('job').doUpdateSet(change))
        .execute()
    },
    async heldJob(job) {
      const row = await all.where('job', '=', job).executeTakeFirst()
      return row && heldOf(row)
    },
    async heldJobs() {
      return (await all.orderBy('created_at').orderBy('job').execute()).map(heldOf)
    },
    async letJobGo(job, attempt) {
      await db.deleteFrom('held_jobs').where('job', '=', job).where('attempt', '=', attempt).execute()
    },
  }
}

function heldOf(row: object): HeldJob {
  const read = new RowReader('held_jobs', row)
  return {
    job: read.text<JobId>('job'),
    attempt: read.text<AttemptId>('attempt'),
    ...present({ result: read.optional('result', column => read.json(column, isJson)) }),
    createdAt: read.instant('created_at'),
  }
}

function rowOf(release: Release) {
  const { commit, milestones, links, releasedAt, createdAt, by, madeTag, ...rest } = release
  return {
    ...rest,
    commit_id: commit,
    milestones: JSON.stringify(milestones),
    links: JSON.stringify(links),
    released_at: releasedAt,
    created_at: createdAt,
    principal: by,
    made_tag: Number(madeTag),
  }
}

function releaseOf(row: object): Release {
  const read = new RowReader('releases', row)
  return {
    id: read.text<ReleaseId>('id'),
    project: read.text<ProjectId>('project'),
    tag: read.text('tag'),
    commit: read.text<CommitId>('commit_id'),
    name: read.text('name'),
    description: read.text('description'),
    milestones: read.json('milestones', isTexts<string>),
    links: read.json('links', isLinks),
    releasedAt: read.instant('released_at'),
    createdAt: read.instant('created_at'),
    by: read.text<PrincipalId>('principal'),
    pipeline: read.text<PipelineId>('pipeline'),
    job: read.text<JobId>('job'),
    madeTag: read.flag('made_tag'),
    state: read.choice('state', STATES),
  }
}
