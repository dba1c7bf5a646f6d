import type { PrincipalId, ProjectId, PushId } from '../../../core/index.ts'
import type { PipelineStore, Push, PushOptions, RefChange } from '../../../pipeline/ports.ts'
import { assertTransition, PUSH_STATES, PUSH_TRANSITIONS } from '../../../pipeline/states.ts'
import { has, listOf } from '../json.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type PushStore = Pick<PipelineStore, 'addPush' | 'push' | 'pushesIn' | 'movePush'>

export function pushes(db: Db): PushStore {
  return {
    async addPush(push) {
      await db.insertInto('pushes').values(pushRow(push)).execute()
    },
    async push(id) {
      const row = await db.selectFrom('pushes').selectAll().where('id', '=', id).executeTakeFirst()
      return row && pushOf(row)
    },
    async pushesIn(state) {
      const query = db.selectFrom('pushes').selectAll().where('state', '=', state)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(pushOf)
    },
    async movePush(id, from, to) {
      assertTransition(PUSH_TRANSITIONS, from, to)
      const { numUpdatedRows } = await db
        .updateTable('pushes')
        .set({ state: to })
        .where('id', '=', id)
        .where('state', '=', from)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

export function pushRow({ id, project, principal, state, changes, options, createdAt }: Push) {
  return {
    id,
    project,
    principal,
    state,
    changes: JSON.stringify(changes),
    options: options ? JSON.stringify(options) : null,
    created_at: createdAt,
  }
}

const isOptions = has<PushOptions>({ skip: 'boolean', variables: 'object', inputs: 'object' })
const isRefChange = has<RefChange>({ ref: 'string', before: 'string', after: 'string' })

function pushOf(row: object): Push {
  const read = new RowReader('pushes', row)
  return {
    id: read.text<PushId>('id'),
    project: read.text<ProjectId>('project'),
    principal: read.text<PrincipalId>('principal'),
    state: read.choice('state', PUSH_STATES),
    changes: read.json('changes', listOf(isRefChange)),
    ...present({ options: read.optional('options', column => read.json(column, isOptions)) }),
    createdAt: read.instant('created_at'),
  }
}
