import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sqliteDialect } from './dialect.ts'

interface Notes {
  notes: { id: number; text: string }
}

let folder: string
let databases: DatabaseSync[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-dialect-'))
  databases = []
})
afterEach(async () => {
  for (const database of databases) database.close()
  await rm(folder, { recursive: true })
})

function open(timeout = 0): { readonly database: DatabaseSync; readonly db: Kysely<Notes> } {
  const database = new DatabaseSync(join(folder, 'notes.db'), { timeout })
  database.exec(
    'pragma journal_mode = wal; create table if not exists notes (id integer primary key, text text)',
  )
  databases.push(database)
  return { database, db: new Kysely<Notes>({ dialect: sqliteDialect(database) }) }
}

const add = (db: Kysely<Notes>, text: string) =>
  db
    .insertInto('notes')
    .values({ id: (Math.random() * 2 ** 40) | 0, text })
    .execute()
const count = async (db: Kysely<Notes>) => (await db.selectFrom('notes').selectAll().execute()).length

test('a transaction that fills the disk fails as that, and leaves what was there', async () => {
  const { database, db } = open()
  await add(db, 'first')
  database.exec('pragma max_page_count = 20')
  const filling = db.transaction().execute(async work => {
    for (let i = 0; i < 100; i++) await add(work, 'x'.repeat(4000))
  })
  await expect(filling).rejects.toMatchObject({ code: 'DISK_FULL' })
  expect(await count(db)).toBe(1)
  database.exec('pragma max_page_count = 1000')
  await db.transaction().execute(work => add(work, 'second'))
  expect(await count(db)).toBe(2)
})

test('a transaction takes the write lock when it begins', async () => {
  const [one, two] = [open(), open()]
  await one.db.transaction().execute(async () => {
    const other = two.db.transaction().execute(async () => 'began')
    await expect(other).rejects.toMatchObject({ code: 'DATABASE_BUSY' })
  })
  await expect(two.db.transaction().execute(async () => 'began')).resolves.toBe('began')
})

test('a mistake of a callback rolls back, and is what is thrown', async () => {
  const { db } = open()
  const failing = db.transaction().execute(async work => {
    await add(work, 'never')
    throw new RangeError('mine')
  })
  await expect(failing).rejects.toThrow(RangeError)
  expect(await count(db)).toBe(0)
})

test('texts of statements beyond what is kept are prepared again', async () => {
  const { db } = open()
  await add(db, 'one')
  for (let n = 1; n <= 600; n++) {
    const ids = Array.from({ length: n }, (_, i) => i)
    await db.selectFrom('notes').selectAll().where('id', 'in', ids).execute()
  }
  expect(await count(db)).toBe(1)
})
