import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { instant, type JobId, newId, type PipelineId, type ProjectId } from '../../core/index.ts'
import { MIGRATIONS, type Migration } from '../schema/migrations.ts'
import { openSqlite } from './open.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-sqlite-'))
  path = join(folder, 'ballast.db')
})
afterEach(() => rm(folder, { recursive: true }))

function direct<Result>(work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(path)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

const aProject = (name: string) => ({
  id: newId('project'),
  name,
  defaultBranch: 'main',
  createdAt: instant(1),
})
const extra = (statement: string): Migration => ({
  version: MIGRATIONS.length + 1,
  title: 'extra',
  statements: ['create table extra (id text primary key)', statement],
})

test('what was stored is there when the file is opened again', async () => {
  const project = aProject('digits')
  const first = await openSqlite(path)
  await first.access.addProject(project)
  await first.close()
  const second = await openSqlite(path)
  expect(await second.access.projects()).toEqual([project])
  await second.close()
})

test('the file is for its owner alone, and written ahead and synced', async () => {
  const stores = await openSqlite(path)
  await stores.settings.set('a', 'b')
  for (const file of [path, `${path}-wal`]) expect((await stat(file)).mode & 0o777, file).toBe(0o600)
  expect(direct(database => database.prepare('pragma journal_mode').get()?.['journal_mode'])).toBe('wal')
  await stores.close()
})

test('closing waits for the calls under way, and takes none after', async () => {
  const stores = await openSqlite(path)
  const calls = Array.from({ length: 20 }, (_, i) => stores.settings.set('last', `${i}`))
  await stores.close()
  await Promise.all(calls)
  const again = await openSqlite(path)
  expect(await again.settings.get('last')).toBe('19')
  await again.close()
  await expect(stores.settings.get('last')).rejects.toThrow()
  await expect(stores.close()).resolves.toBeUndefined()
})

test('one transaction that fails takes no other with it', async () => {
  const stores = await openSqlite(path)
  const clash = ['same', 'same', 'other'].map(name => stores.access.addProject(aProject(name)))
  expect((await Promise.allSettled(clash)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect((await stores.access.projects()).map(({ name }) => name)).toEqual(['other', 'same'])
  await stores.close()
})

test('migrations that are missing run, once', async () => {
  await (await openSqlite(path)).close()
  const migrations = [...MIGRATIONS, extra("insert into extra (id) values ('one')")]
  for (let i = 0; i < 2; i++) await (await openSqlite(path, { migrations })).close()
  direct(database => {
    expect(database.prepare('select count(*) as n from extra').get()?.['n']).toBe(1)
    expect(database.prepare('select max(version) as v from schema_version').get()?.['v']).toBe(
      migrations.length,
    )
  })
})

test('a migration that fails leaves the schema before it', async () => {
  await (await openSqlite(path)).close()
  const migrations = [...MIGRATIONS, extra('insert into nowhere values (1)')]
  await expect(openSqlite(path, { migrations })).rejects.toThrow('nowhere')
  const tables = direct(database =>
    database.prepare("select name from sqlite_master where name = 'extra'").all(),
  )
  expect(tables).toEqual([])
  await (await openSqlite(path)).close()
})

test('a database of an older release opens, and its pipelines and jobs are what they were', async () => {
  const { id, name } = aProject('digits')
  await (await openSqlite(path, { migrations: MIGRATIONS.slice(0, 1) })).close()
  direct(database =>
    database.exec(`
      insert into principals values ('pri_a', 'ada', 'person', 1, 1);
      insert into projects values ('${id}', '${name}', 'main', 1);
      insert into pipelines values
        ('ppl_a', '${id}', 1, '${'c'.repeat(40)}', 'refs/heads/main', 'A', null, 'pri_a', 'running', 'null', '[]', 1, null);
      insert into jobs values ('job_a', 'ppl_a', 0,
        '{"name":"a","work":{},"needs":[],"env":{},"artifacts":[],"timeout":1,"retries":0,"allowFailure":false}',
        'running', null, null, 1, null);
      insert into attempts values
        ('att_a', 'job_a', 1, 'running', 'r', 1, 9, 'h', null, null, '[]', 1, 0, 1, 1, null);`),
  )
  const stores = await openSqlite(path)
  const pipeline = await stores.pipelines.pipeline('ppl_a' as PipelineId)
  expect(pipeline).toMatchObject({ number: 1, state: 'running' })
  expect(Object.keys(pipeline!)).not.toContain('trigger')
  expect(await stores.pipelines.jobStates('ppl_a' as PipelineId)).toEqual([{ id: 'job_a', state: 'running' }])
  expect(await stores.pipelines.attempts('job_a' as JobId)).toHaveLength(1)
  expect(await stores.pipelines.runningOfRef(id, 'refs/heads/main')).toHaveLength(1)
  await stores.close()
})

test('versions of migrations count from 1 without gaps', () => {
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, i) => i + 1))
})

test('a newer schema is refused, with both versions', async () => {
  await (await openSqlite(path)).close()
  direct(database => database.exec("insert into schema_version values (99, 'from the future', 0)"))
  await expect(openSqlite(path)).rejects.toMatchObject({
    code: 'SCHEMA_TOO_NEW',
    message: expect.stringContaining(
      `schema 99; this release of Ballast knows schemas up to ${MIGRATIONS.length}`,
    ),
  })
})

test("somebody else's database is refused and left alone", async () => {
  direct(database => database.exec('create table songs (id integer)'))
  await expect(openSqlite(path)).rejects.toMatchObject({
    code: 'DATABASE_FOREIGN',
    message: expect.stringContaining("'songs'"),
  })
  expect(direct(database => database.prepare('select count(*) as n from sqlite_master').get()?.['n'])).toBe(1)
})

test('a file that is no database is refused', async () => {
  await writeFile(path, 'x'.repeat(5000))
  await expect(openSqlite(path)).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' })
})

test('a file in a folder that is not there is refused', async () => {
  const nowhere = openSqlite(join(folder, 'none', 'ballast.db'))
  await expect(nowhere).rejects.toMatchObject({ code: 'DATABASE_UNUSABLE' })
})

test.each([
  { column: 'scopes', value: '{"read":1}', found: '\'{"read":1}\'' },
  { column: 'scopes', value: '["read"', found: '\'["read"\'' },
  { column: 'created_at', value: 'yesterday', found: "'yesterday'" },
])('a damaged row is told by table, id and column: $column = $value', async ({ column, value, found }) => {
  const stores = await openSqlite(path)
  const principal = {
    id: newId('principal'),
    name: 'ada',
    kind: 'person',
    admin: true,
    createdAt: instant(1),
  } as const
  await stores.access.addPrincipal(principal)
  const id = newId('token')
  const token = {
    id,
    principal: principal.id,
    name: 'laptop',
    hash: 'h',
    scopes: ['read'],
    createdAt: instant(1),
  } as const
  await stores.access.addToken(token)
  direct(database => database.prepare(`update tokens set ${column} = ?`).run(value))
  const message = expect.stringMatching(new RegExp(`${id} of table tokens.*column ${column}`))
  await expect(stores.access.tokens()).rejects.toMatchObject({ code: 'ROW_CORRUPT', message })
  await expect(stores.access.tokens()).rejects.toThrow(found)
  await stores.close()
})

test('what a row refers to must be there', async () => {
  const stores = await openSqlite(path)
  const policy = {
    environment: 'production',
    branches: [],
    gates: [],
    maxFirstStep: 1,
    predictions: 'token',
  } as const
  const set = stores.access.setPolicy('prj_none' as ProjectId, policy)
  await expect(set).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATED' })
  await stores.close()
})
