import type { PrincipalId, ProjectId, PushId, ScheduleId } from '../../../core/index.ts'
import type { Schedule, TriggerStore } from '../../../pipeline/ports.ts'
import type { InputValue } from '../../../pipeline/types.ts'
import { isRecord } from '../json.ts'
import { pushRow } from '../pipelines/pushes.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type ScheduleStore = Pick<
  TriggerStore,
  | 'addSchedule'
  | 'schedule'
  | 'schedules'
  | 'dueSchedules'
  | 'changeSchedule'
  | 'removeSchedule'
  | 'claimRun'
  | 'endRun'
>

export function schedules(db: Db): ScheduleStore {
  return {
    async addSchedule(schedule) {
      const { id, project, createdAt, pending, lastRunAt, lastOutcome } = schedule
      await db
        .insertInto('schedules')
        .values({
          id,
          project,
          created_at: createdAt,
          pending: pending ?? null,
          last_run_at: lastRunAt ?? null,
          last_outcome: lastOutcome ?? null,
          ...contentOf(schedule),
        })
        .execute()
    },
    async schedule(id) {
      const row = await db.selectFrom('schedules').selectAll().where('id', '=', id).executeTakeFirst()
      return row && scheduleOf(row)
    },
    async schedules(project) {
      const query = db.selectFrom('schedules').selectAll().where('project', '=', project)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(scheduleOf)
    },
    async dueSchedules(now) {
      const rows = await db
        .selectFrom('schedules')
        .selectAll()
        .where(({ or, and, eb }) =>
          or([eb('pending', 'is not', null), and([eb('active', '=', 1), eb('next_run_at', '<=', now)])]),
        )
        .orderBy('next_run_at')
        .orderBy('id')
        .execute()
      return rows.map(scheduleOf)
    },
    async changeSchedule(schedule) {
      await db.updateTable('schedules').set(contentOf(schedule)).where('id', '=', schedule.id).execute()
    },
    async removeSchedule(id) {
      const { numDeletedRows } = await db
        .deleteFrom('schedules')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
    ...runs(db),
  }
}

function runs(db: Db): Pick<TriggerStore, 'claimRun' | 'endRun'> {
  return {
    claimRun: (id, due, next, push) =>
      db.transaction().execute(async work => {
        const { numUpdatedRows } = await work
          .updateTable('schedules')
          .set({ next_run_at: next ?? null, pending: push.id, last_run_at: due })
          .where('id', '=', id)
          .where('active', '=', 1)
          .where('next_run_at', '=', due)
          .where('pending', 'is', null)
          .executeTakeFirst()
        if (numUpdatedRows !== 1n) return false
        await work.insertInto('pushes').values(pushRow(push)).execute()
        return true
      }),
    async endRun(id, push, outcome) {
      const { numUpdatedRows } = await db
        .updateTable('schedules')
        .set({ pending: null, last_outcome: outcome })
        .where('id', '=', id)
        .where('pending', '=', push)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

function contentOf(schedule: Schedule) {
  return {
    description: schedule.description,
    cron: schedule.cron,
    time_zone: schedule.timeZone,
    ref: schedule.ref,
    variables: JSON.stringify(schedule.variables),
    inputs: JSON.stringify(schedule.inputs),
    owner: schedule.owner,
    active: Number(schedule.active),
    next_run_at: schedule.nextRunAt ?? null,
  }
}

function scheduleOf(row: object): Schedule {
  const read = new RowReader('schedules', row)
  return {
    id: read.text<ScheduleId>('id'),
    project: read.text<ProjectId>('project'),
    description: read.text('description'),
    cron: read.text('cron'),
    timeZone: read.text('time_zone'),
    ref: read.text('ref'),
    variables: read.json('variables', isVariables),
    inputs: read.json('inputs', isInputs),
    owner: read.text<PrincipalId>('owner'),
    active: read.flag('active'),
    ...present({
      nextRunAt: read.optional('next_run_at', column => read.instant(column)),
      pending: read.optional('pending', column => read.text<PushId>(column)),
      lastRunAt: read.optional('last_run_at', column => read.instant(column)),
      lastOutcome: read.optional('last_outcome', column => read.text(column)),
    }),
    createdAt: read.instant('created_at'),
  }
}

function isVariables(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every(item => typeof item === 'string')
}

function isInputs(value: unknown): value is Readonly<Record<string, InputValue>> {
  return (
    isRecord(value) &&
    Object.values(value).every(
      item => ['string', 'number', 'boolean'].includes(typeof item) || Array.isArray(item),
    )
  )
}
