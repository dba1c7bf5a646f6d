import type { DatabaseSync } from 'node:sqlite'
import { StorageError } from '../errors.ts'
import type { Migration } from '../schema/migrations.ts'

/**
 * Brings the schema up to date, a transaction for each migration: a crash leaves a whole number of them. Two
 * processes that open a fresh file together don't both run one. Throws SCHEMA_TOO_NEW, DATABASE_FOREIGN.
 */
export function migrate(database: DatabaseSync, migrations: readonly Migration[], path: string): void {
  inTransaction(database, () => prepareVersionTable(database, path))
  const newest = migrations.at(-1)?.version ?? 0
  const found = versionOf(database)
  if (found > newest) {
    throw new StorageError('SCHEMA_TOO_NEW', {
      message: `${path} has schema ${found}; this release of Ballast knows schemas up to ${newest}`,
      hint: 'Start the release that wrote it, or a later one; or restore a backup from before the upgrade.',
      details: { found, newest },
    })
  }
  for (const migration of migrations) {
    inTransaction(database, () => {
      if (migration.version <= versionOf(database)) return
      for (const statement of migration.statements) database.exec(statement)
      database
        .prepare('insert into schema_version (version, title, applied_at) values (?, ?, ?)')
        .run(migration.version, migration.title, Date.now())
    })
  }
}

function prepareVersionTable(database: DatabaseSync, path: string): void {
  const tables = database
    .prepare("select name from sqlite_master where type = 'table'")
    .all()
    .map(row => row['name'])
  if (tables.includes('schema_version')) return
  if (tables.length > 0) {
    throw new StorageError('DATABASE_FOREIGN', {
      message: `${path} is a database of something else (it has a table '${tables[0]}' and no schema version)`,
      hint: 'Choose another data folder.',
    })
  }
  database.exec(
    'create table schema_version (version integer primary key, title text not null, applied_at bigint not null)',
  )
}

function versionOf(database: DatabaseSync): number {
  return Number(
    database.prepare('select max(version) as version from schema_version').get()?.['version'] ?? 0,
  )
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('begin immediate')
  try {
    work()
    database.exec('commit')
  } catch (error) {
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}
