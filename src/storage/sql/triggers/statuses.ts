import type { PipelineId, ProjectId } from '../../../core/index.ts'
import type { ForgeStatus, TriggerStore } from '../../../pipeline/ports.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

const STATES = ['pending', 'running', 'success', 'failure', 'canceled'] as const

type StatusStore = Pick<
  TriggerStore,
  'wantStatus' | 'status' | 'dueStatuses' | 'statusPosted' | 'statusFailed'
>

export function statuses(db: Db): StatusStore {
  const all = db.selectFrom('forge_statuses').selectAll()
  return {
    async wantStatus({ pipeline, project, wanted }, now) {
      const change = { wanted, tries: 0, next_try_at: now, problem: null }
      await db
        .insertInto('forge_statuses')
        .values({ pipeline, project, posted: null, ...change })
        .onConflict(conflict =>
          conflict.column('pipeline').doUpdateSet(change).where('forge_statuses.wanted', '!=', wanted),
        )
        .execute()
    },
    async status(pipeline) {
      const row = await all.where('pipeline', '=', pipeline).executeTakeFirst()
      return row && statusOf(row)
    },
    async dueStatuses(now, limit) {
      const query = all.where('next_try_at', '<=', now).orderBy('next_try_at').orderBy('pipeline')
      return (await query.limit(limit).execute()).map(statusOf)
    },
    async statusPosted(pipeline, posted) {
      await db.transaction().execute(async work => {
        await work.updateTable('forge_statuses').set({ posted }).where('pipeline', '=', pipeline).execute()
        await work
          .updateTable('forge_statuses')
          .set({ next_try_at: null, problem: null })
          .where('pipeline', '=', pipeline)
          .where('wanted', '=', posted)
          .execute()
      })
    },
    async statusFailed(pipeline, wanted, problem, nextTryAt) {
      await db
        .updateTable('forge_statuses')
        .set(({ eb }) => ({ tries: eb('tries', '+', 1), problem, next_try_at: nextTryAt ?? null }))
        .where('pipeline', '=', pipeline)
        .where('wanted', '=', wanted)
        .execute()
    },
  }
}

function statusOf(row: object): ForgeStatus {
  const read = new RowReader('forge_statuses', row)
  return {
    pipeline: read.text<PipelineId>('pipeline'),
    project: read.text<ProjectId>('project'),
    wanted: read.choice('wanted', STATES),
    tries: read.number('tries'),
    ...present({
      posted: read.optional('posted', column => read.choice(column, STATES)),
      nextTryAt: read.optional('next_try_at', column => read.instant(column)),
      problem: read.optional('problem', column => read.text(column)),
    }),
  }
}
