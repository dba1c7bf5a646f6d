import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../sqlite/migrate.ts'
import { openSqlite } from '../sqlite/open.ts'
import { MIGRATIONS } from './migrations.ts'

let folder: string
let path: string

/** A data folder from before there was a history: v1 promoted, v2 aborted as a canary, v1 rolled back to. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-schema-'))
  path = join(folder, 'ballast.db')
  const before = new DatabaseSync(path)
  migrate(
    before,
    MIGRATIONS.filter(({ version }) => version < 8),
    path,
  )
  before.exec(
    "insert into projects (id, name, default_branch, created_at) values ('prj_1', 'digits', 'main', 1)",
  )
  before.exec("insert into models values ('digits', 'prj_1')")
  for (const n of [1, 2])
    before.exec(
      `insert into versions (id, project, model, number, digest, manifest, created_at) values ('ver_${n}', 'prj_1', 'digits', ${n}, 'sha256:${n}', '{"model":"digits","commit":"c${n}","files":[],"config":{}}', ${n})`,
    )
  before.exec(
    "insert into version_records (id, version, kind, body, created_at) values ('rec_1', 'ver_1', 'scan', '{}', 1)",
  )
  const rollout = (id: string, candidate: string, stable: string, phase: string, job: string) =>
    before.exec(
      `insert into rollouts (id, project, model, environment, candidate, stable, strategy, phase, step, weight, created_at, step_started_at, job, asked_by, revision) values ('${id}', 'prj_1', 'digits', 'production', '${candidate}', ${stable}, '{"kind":"immediate"}', '${phase}', 0, 1, 1, 1, ${job}, 'ada', 3)`,
    )
  rollout('rol_1', 'ver_1', 'null', 'promoted', "'job_1'")
  rollout('rol_2', 'ver_2', "'ver_1'", 'aborted', "'job_2'")
  rollout('rol_3', 'ver_1', "'ver_1'", 'promoted', 'null')
  const change = (id: string, position: number, at: number, phase: string, weight: number, reason: string) =>
    before.exec(
      `insert into rollout_changes (rollout, position, at, phase, step, weight, reason) values ('${id}', ${position}, ${at}, '${phase}', 0, ${weight}, '${reason}')`,
    )
  change('rol_1', 1, 10, 'preparing', 0, 'loads')
  change('rol_1', 2, 11, 'promoted', 1, 'Promoted at once: nothing is in production to compare with')
  change('rol_2', 1, 20, 'progressing', 0.1, 'The replicas are ready')
  change('rol_2', 2, 21, 'aborted', 0, 'errors 9 % against 1 %')
  change('rol_3', 1, 30, 'promoted', 1, 'Promoted by ada at 0 %')
  before.close()
})
afterAll(() => rm(folder, { recursive: true }))

test('what rollouts did before is in the history', async () => {
  const stores = await openSqlite(path)
  const moves = await stores.versions.moves('digits', { limit: 9 })
  expect(
    moves.map(({ event, version, decision, rollback }) => ({ event, version, by: decision.kind, rollback })),
  ).toEqual([
    { event: 'served', version: 'ver_1', by: 'person', rollback: true },
    { event: 'aborted', version: 'ver_2', by: 'analysis', rollback: undefined },
    { event: 'canary', version: 'ver_2', by: 'checks', rollback: undefined },
    { event: 'served', version: 'ver_1', by: 'checks', rollback: undefined },
  ])
  expect((await stores.versions.byPrefix('digits', 'commit', 'c2', 9)).map(({ number }) => number)).toEqual([
    2,
  ])
  await stores.close()
})

test.each([
  ["update moves set reason = 'another'", /append-only/],
  ['delete from moves', /append-only/],
  ["update version_records set body = '1'", /append-only/],
  ['delete from version_records', /append-only/],
  ["update versions set digest = 'sha256:9' where number = 1", /immutable/],
  ['delete from versions where number = 2', /immutable/],
])('the database itself refuses: %s', (statement, why) => {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true })
  try {
    expect(() => database.exec(statement)).toThrow(why)
  } finally {
    database.close()
  }
})
