import { open } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { type Clock, type Milliseconds, messageOf, systemClock } from '../../core/index.ts'
import { StorageError } from '../errors.ts'
import { MIGRATIONS, type Migration } from '../schema/migrations.ts'
import type { Tables } from '../schema/tables.ts'
import { sqlStores } from '../sql/stores.ts'
import type { Stores } from '../types.ts'
import { sqliteDialect } from './dialect.ts'
import { sqliteFailure } from './failures.ts'
import { migrate } from './migrate.ts'

/** How long a statement waits for another process's transaction; ours take milliseconds. */
const BUSY_TIMEOUT: Milliseconds = 10_000

export interface SqliteOptions {
  readonly clock?: Clock
  /** For tests of migrations. */
  readonly migrations?: readonly Migration[]
}

/**
 * Opens the database, makes it where there is none, and brings its schema up to date. A call that has returned
 * survives a power cut (write-ahead log, synced at every commit). `:memory:` is one that lives as long as it is open.
 * Throws SCHEMA_TOO_NEW, DATABASE_FOREIGN, DATABASE_CORRUPT, DATABASE_UNUSABLE, DATABASE_BUSY.
 */
export async function openSqlite(path: string, options: SqliteOptions = {}): Promise<Stores> {
  if (path !== ':memory:') await makePrivate(path)
  const database = connect(path, options.migrations ?? MIGRATIONS)
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) })
  let closing: Promise<void> | undefined
  return {
    ...sqlStores(db, options.clock ?? systemClock),
    close() {
      closing ??= closeInTurn(db)
      return closing
    },
  }
}

/** Behind every call that is under way, in the queue for the connection. */
async function closeInTurn(db: Kysely<Tables>): Promise<void> {
  await db.connection().execute(async () => undefined)
  await db.destroy()
}

/** The database holds hashes of tokens: others may not read it. SQLite gives its side files the same mode. */
async function makePrivate(path: string): Promise<void> {
  try {
    await (await open(path, 'a', 0o600)).close()
  } catch (cause) {
    throw new StorageError('DATABASE_UNUSABLE', {
      message: `Could not open ${path}: ${messageOf(cause)}`,
      hint: 'Check that its folder exists and belongs to this user.',
      cause,
    })
  }
}

function connect(path: string, migrations: readonly Migration[]): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT, enableForeignKeyConstraints: true })
  try {
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = full')
    database.enableDefensive(true)
    migrate(database, migrations, path)
    return database
  } catch (cause) {
    database.close()
    throw sqliteFailure(cause) ?? cause
  }
}
