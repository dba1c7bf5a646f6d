import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { SqliteDialect, type SqliteStatement } from 'kysely'
import { sqliteFailure } from './failures.ts'

/** More texts of statements than the stores have; an `in (…)` of many lengths is what could exceed it. */
const MAX_STATEMENTS = 500

/**
 * Kysely's SQLite dialect over Node's own driver. Statements are prepared once. A transaction takes the write
 * lock when it begins: with a plain `begin`, two processes that read and then write refuse each other at once,
 * however long they are willing to wait.
 *
 * There is one connection, and Kysely gives it to one query or one whole transaction at a time: nothing
 * interleaves. So a transaction's callback must use its own handle only, else it waits for itself.
 */
export function sqliteDialect(database: DatabaseSync): SqliteDialect {
  const prepared = new Map<string, SqliteStatement>()
  return new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare(sql) {
        const known = prepared.get(sql)
        if (known) return known
        if (prepared.size >= MAX_STATEMENTS) prepared.delete(prepared.keys().next().value!)
        const statement = prepare(database, sql === 'begin' ? 'begin immediate' : sql)
        prepared.set(sql, statement)
        return statement
      },
    },
  })
}

function prepare(database: DatabaseSync, sql: string): SqliteStatement {
  const statement = failing(() => database.prepare(sql))
  const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    all: parameters => failing(() => statement.all(...values(parameters))),
    run(parameters) {
      // A full disk makes SQLite roll back by itself; a second time would hide why.
      if (sql === 'rollback' && !database.isTransaction) return { changes: 0, lastInsertRowid: 0 }
      return failing(() => statement.run(...values(parameters)))
    },
    iterate: parameters => statement.iterate(...values(parameters)),
  }
}

function failing<Result>(call: () => Result): Result {
  try {
    return call()
  } catch (cause) {
    throw sqliteFailure(cause) ?? cause
  }
}
