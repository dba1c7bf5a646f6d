import type { Bytes, ProjectId } from '../../../core/index.ts'
import type { EncodingTotals, IndexTotals } from '../../../registry/ports.ts'
import { ENCODINGS, OBJECT_STATES } from '../../../registry/types.ts'
import { RowReader } from '../row.ts'
import type { Db } from '../stores.ts'
import { objectOf } from './rows.ts'

/** What a report shows of failures; the rest is counted. */
const MAX_FAILURES = 100

export function totals(db: Db): { readonly totals: (project?: ProjectId) => Promise<IndexTotals> } {
  return {
    async totals(project) {
      return {
        states: await states(db, project),
        packs: await packs(db, project),
        encodings: await encodings(db, project),
        failures: await failures(db, project),
      }
    },
  }
}

function objectsOf(db: Db, project: ProjectId | undefined) {
  const held = (of: ProjectId) =>
    db.selectFrom('object_holders').select('object_holders.digest').where('object_holders.project', '=', of)
  return db
    .selectFrom('objects')
    .$if(project !== undefined, query => query.where('objects.digest', 'in', held(project!)))
}

async function states(db: Db, project: ProjectId | undefined): Promise<IndexTotals['states']> {
  const rows = await objectsOf(db, project)
    .select(({ fn }) => [
      'state',
      'whole',
      fn.countAll<number>().as('objects'),
      fn.sum<number>('size').as('bytes'),
    ])
    .groupBy(['state', 'whole'])
    .execute()
  return rows.map(row => {
    const read = new RowReader('objects', row)
    return {
      state: read.choice('state', OBJECT_STATES),
      whole: read.flag('whole'),
      objects: read.number('objects'),
      bytes: read.number('bytes'),
    }
  })
}

async function packs(db: Db, project: ProjectId | undefined): Promise<{ count: number; bytes: Bytes }> {
  const mine = objectsOf(db, project).select('objects.pack').where('objects.pack', 'is not', null)
  const row = await db
    .selectFrom('packs')
    .$if(project !== undefined, query => query.where('id', 'in', mine.$castTo<{ pack: string }>()))
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number | null>('size').as('bytes')])
    .executeTakeFirstOrThrow()
  return { count: row.count, bytes: row.bytes ?? 0 }
}

async function encodings(db: Db, project: ProjectId | undefined): Promise<readonly EncodingTotals[]> {
  const mine = objectsOf(db, project).select('objects.pack').where('objects.pack', 'is not', null)
  const rows = await db
    .selectFrom('chunks')
    .$if(project !== undefined, query => query.where('pack', 'in', mine.$castTo<{ pack: string }>()))
    .select(({ fn }) => [
      'encoding',
      fn.countAll<number>().as('chunks'),
      fn.sum<number>('length').as('length'),
      fn.sum<number>('stored').as('stored'),
    ])
    .groupBy('encoding')
    .execute()
  return rows.map(row => {
    const read = new RowReader('chunks', row)
    return {
      encoding: read.choice('encoding', ENCODINGS),
      chunks: read.number('chunks'),
      length: read.number('length'),
      stored: read.number('stored'),
    }
  })
}

async function failures(db: Db, project: ProjectId | undefined) {
  const query = objectsOf(db, project).selectAll('objects').where('objects.problem', 'is not', null)
  return (await query.orderBy('size', 'desc').orderBy('digest').limit(MAX_FAILURES).execute()).map(objectOf)
}
