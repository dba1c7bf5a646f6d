import type { Db } from './stores.ts'

/** In the transaction that there is, or in one of its own. */
export function inTransaction<Result>(db: Db, work: (db: Db) => Promise<Result>): Promise<Result> {
  return db.isTransaction ? work(db) : db.transaction().execute(work)
}
