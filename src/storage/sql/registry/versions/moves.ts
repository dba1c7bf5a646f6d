import type { ExpressionBuilder } from 'kysely'
import type { Decision, MoveId, ProjectId, RolloutId, VersionId } from '../../../../core/index.ts'
import type { Before, HistoryStore } from '../../../../registry/ports.ts'
import { MOVE_EVENTS, type Move, PLACE_KINDS } from '../../../../registry/types.ts'
import type { Tables } from '../../../schema/tables.ts'
import { has, isJson } from '../../json.ts'
import { present, RowReader } from '../../row.ts'
import type { Db } from '../../stores.ts'
import { listsOf } from './lists.ts'

export function history(db: Db): HistoryStore {
  return {
    async moves(model, { place, version, before, limit }) {
      const rows = await db
        .selectFrom('moves')
        .selectAll()
        .where('model', '=', model)
        .$if(place !== undefined, query =>
          query.where('place_kind', '=', place!.kind).where('place', '=', place!.name),
        )
        .$if(version !== undefined, query =>
          query.where(({ eb, or }) =>
            or([eb('version', '=', version!), eb('before_version', '=', version!)]),
          ),
        )
        .$if(before !== undefined, query => query.where(isOlderThan(before!)))
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(moveOf)
    },
    async deployed(models, { environment, before, limit }) {
      const found: Move[] = []
      for (const some of listsOf(models)) {
        const rows = await db
          .selectFrom('moves')
          .selectAll()
          .where('model', 'in', some)
          .where('place_kind', '=', 'environment')
          .$if(environment !== undefined, query => query.where('place', '=', environment!))
          .$if(before !== undefined, query => query.where(isOlderThan(before!)))
          .orderBy('at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
          .execute()
        found.push(...rows.map(moveOf))
      }
      return found.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, limit)
    },
  }
}

function isOlderThan({ at, id }: Before) {
  return ({ and, eb, or }: ExpressionBuilder<Tables, 'moves'>) =>
    or([eb('at', '<', at), and([eb('at', '=', at), eb('id', '<', id)])])
}

/** In the transaction that makes the change. */
export async function addMove(work: Db, move: Move): Promise<void> {
  await work
    .insertInto('moves')
    .values({
      id: move.id,
      project: move.project,
      model: move.model,
      place_kind: move.place.kind,
      place: move.place.name,
      event: move.event,
      version: move.version,
      before_version: move.before ?? null,
      weight: move.weight ?? null,
      at: move.at,
      asked_by: move.by,
      decision: JSON.stringify(move.decision),
      rollout: move.rollout ?? null,
      rollback: move.rollback ? 1 : 0,
      analysis: move.analysis === undefined ? null : JSON.stringify(move.analysis),
      reason: move.reason,
    })
    .execute()
}

export const isDecision = has<Decision>({ kind: 'string' })

function moveOf(row: object): Move {
  const read = new RowReader('moves', row)
  return {
    id: read.text<MoveId>('id'),
    project: read.text<ProjectId>('project'),
    model: read.text('model'),
    place: { kind: read.choice('place_kind', PLACE_KINDS), name: read.text('place') },
    event: read.choice('event', MOVE_EVENTS),
    version: read.text<VersionId>('version'),
    at: read.instant('at'),
    by: read.text('asked_by'),
    decision: read.json('decision', isDecision),
    reason: read.text('reason'),
    ...(read.flag('rollback') && { rollback: true }),
    ...present({
      before: read.optional('before_version', column => read.text<VersionId>(column)),
      weight: read.optional('weight', column => read.number(column)),
      rollout: read.optional('rollout', column => read.text<RolloutId>(column)),
      analysis: read.optional('analysis', column => read.json(column, isJson)),
    }),
  }
}
