import type { CommitId, MergeRequestId, PipelineId, PrincipalId, ProjectId } from '../../../core/index.ts'
import type { MergeRequest, TriggerStore } from '../../../pipeline/ports.ts'
import { isTexts } from '../json.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

const STATES = ['open', 'merged', 'closed'] as const

type MergeRequestStore = Pick<
  TriggerStore,
  | 'addMergeRequest'
  | 'mergeRequest'
  | 'externalMergeRequest'
  | 'mergeRequests'
  | 'pipelinesOf'
  | 'openMergeRequests'
  | 'changeMergeRequest'
  | 'moveHead'
  | 'moveMergeRequest'
>

export function mergeRequests(db: Db): MergeRequestStore {
  const all = db.selectFrom('merge_requests').selectAll()
  return {
    addMergeRequest: request =>
      db.transaction().execute(async work => {
        const last = await work
          .selectFrom('merge_requests')
          .select(({ fn }) => fn.max('number').as('number'))
          .where('project', '=', request.project)
          .executeTakeFirst()
        const numbered = { ...request, number: (last?.number ?? 0) + 1 }
        await work.insertInto('merge_requests').values(rowOf(numbered)).execute()
        return numbered
      }),
    async mergeRequest(project, number) {
      const row = await all.where('project', '=', project).where('number', '=', number).executeTakeFirst()
      return row && mergeRequestOf(row)
    },
    async externalMergeRequest(project, external) {
      const row = await all.where('project', '=', project).where('external', '=', external).executeTakeFirst()
      return row && mergeRequestOf(row)
    },
    async mergeRequests(project, { state, before, limit }) {
      const rows = await all
        .where('project', '=', project)
        .$if(state !== undefined, query => query.where('state', '=', state!))
        .$if(before !== undefined, query => query.where('number', '<', before!))
        .orderBy('number', 'desc')
        .limit(limit)
        .execute()
      return rows.map(mergeRequestOf)
    },
    async pipelinesOf(project, commit, refs) {
      if (refs.length === 0) return []
      const rows = await db
        .selectFrom('pipelines')
        .select(['id', 'ref'])
        .where('project', '=', project)
        .where('commit_id', '=', commit)
        .where('ref', 'in', refs)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute()
      return rows.map(row => {
        const read = new RowReader('pipelines', row)
        return { id: read.text<PipelineId>('id'), ref: read.text('ref') }
      })
    },
    async openMergeRequests(project) {
      const rows = await all
        .where('state', '=', 'open')
        .$if(project !== undefined, query => query.where('project', '=', project!))
        .orderBy('project')
        .orderBy('number')
        .execute()
      return rows.map(mergeRequestOf)
    },
    ...moves(db),
  }
}

function moves(db: Db): Pick<TriggerStore, 'changeMergeRequest' | 'moveHead' | 'moveMergeRequest'> {
  const open = (id: MergeRequestId) =>
    db.updateTable('merge_requests').where('id', '=', id).where('state', '=', 'open')
  return {
    async changeMergeRequest(request) {
      const { numUpdatedRows } = await open(request.id).set(contentOf(request)).executeTakeFirst()
      return numUpdatedRows === 1n
    },
    async moveHead(id, from, to) {
      const { numUpdatedRows } = await open(id).set({ head: to }).where('head', '=', from).executeTakeFirst()
      return numUpdatedRows === 1n
    },
    async moveMergeRequest(id, from, to, { now, mergeCommit }) {
      const { numUpdatedRows } = await db
        .updateTable('merge_requests')
        .set({
          state: to,
          ended_at: to === 'open' ? null : now,
          ...(mergeCommit && { merge_commit: mergeCommit }),
        })
        .where('id', '=', id)
        .where('state', '=', from)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

function contentOf(request: Omit<MergeRequest, 'number'>) {
  return {
    title: request.title,
    description: request.description,
    target: request.target,
    needs_success: Number(request.needsSuccess),
    draft: Number(request.draft),
    labels: JSON.stringify(request.labels),
  }
}

function rowOf(request: MergeRequest) {
  return {
    id: request.id,
    project: request.project,
    number: request.number,
    ...contentOf(request),
    source: request.source,
    state: request.state,
    head: request.head,
    author: request.author,
    external: request.external ?? null,
    merge_commit: request.mergeCommit ?? null,
    created_at: request.createdAt,
    ended_at: request.endedAt ?? null,
  }
}

function mergeRequestOf(row: object): MergeRequest {
  const read = new RowReader('merge_requests', row)
  return {
    id: read.text<MergeRequestId>('id'),
    project: read.text<ProjectId>('project'),
    number: read.number('number'),
    title: read.text('title'),
    description: read.text('description'),
    source: read.text('source'),
    target: read.text('target'),
    state: read.choice('state', STATES),
    head: read.text<CommitId>('head'),
    author: read.text<PrincipalId>('author'),
    needsSuccess: read.flag('needs_success'),
    draft: read.flag('draft'),
    labels: read.json('labels', isTexts),
    ...present({
      external: read.optional('external', column => read.text(column)),
      mergeCommit: read.optional('merge_commit', column => read.text<CommitId>(column)),
      endedAt: read.optional('ended_at', column => read.instant(column)),
    }),
    createdAt: read.instant('created_at'),
  }
}
