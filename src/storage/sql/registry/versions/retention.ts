import type { ProjectId, VersionId } from '../../../../core/index.ts'
import type { RetentionStore } from '../../../../registry/ports.ts'
import type { RetentionPolicy, RetentionRules } from '../../../../registry/types.ts'
import { isRecord } from '../../json.ts'
import { RowReader } from '../../row.ts'
import type { Db } from '../../stores.ts'
import { listsOf } from './lists.ts'

const ENDED = ['promoted', 'aborted'] as const

export function retention(db: Db): RetentionStore {
  return {
    async setRetention({ project, model, rules, setAt, setBy }) {
      const content = { rules: JSON.stringify(rules), set_at: setAt, set_by: setBy }
      await db
        .insertInto('retention')
        .values({ project, model: model ?? '', ...content })
        .onConflict(conflict => conflict.columns(['project', 'model']).doUpdateSet(content))
        .execute()
    },
    async removeRetention(project, model) {
      const query = db
        .deleteFrom('retention')
        .where('project', '=', project)
        .where('model', '=', model ?? '')
      return (await query.executeTakeFirst()).numDeletedRows > 0n
    },
    async retention() {
      const query = db.selectFrom('retention').selectAll().orderBy('project').orderBy('model')
      return (await query.execute()).map(policyOf)
    },
    expire: (versions, { at, reason }) =>
      db.transaction().execute(async work => {
        const free: VersionId[] = []
        for (const version of versions) if (await isFree(work, version)) free.push(version)
        for (const some of listsOf(free)) {
          await work
            .updateTable('versions')
            .set({ expired_at: at, expired_reason: reason })
            .where('id', 'in', some)
            .execute()
        }
        return free
      }),
  }
}

/** In the transaction that expires it: nothing began to need it while somebody thought about it. */
async function isFree(work: Db, version: VersionId): Promise<boolean> {
  const row = await work
    .selectFrom('versions')
    .select('expired_at')
    .where('id', '=', version)
    .executeTakeFirst()
  if (!row || row.expired_at !== null) return false
  const uses = [
    work
      .selectFrom('deployments')
      .select('model')
      .where(({ eb, or }) => or([eb('stable', '=', version), eb('previous', '=', version)])),
    work
      .selectFrom('rollouts')
      .select('id')
      .where('phase', 'not in', ENDED)
      .where(({ eb, or }) => or([eb('candidate', '=', version), eb('stable', '=', version)])),
    work.selectFrom('aliases').select('name').where('version', '=', version),
    work
      .selectFrom('version_records')
      .select('id')
      .where('version', '=', version)
      .where('kind', '=', 'signature'),
  ]
  for (const use of uses) if (await use.executeTakeFirst()) return false
  return true
}

function isRules(value: unknown): value is RetentionRules {
  return isRecord(value) && Object.values(value).every(member => typeof member === 'number')
}

function policyOf(row: object): RetentionPolicy {
  const read = new RowReader('retention', row)
  const model = read.text('model')
  return {
    project: read.text<ProjectId>('project'),
    ...(model !== '' && { model }),
    rules: read.json('rules', isRules),
    setAt: read.instant('set_at'),
    setBy: read.text('set_by'),
  }
}
