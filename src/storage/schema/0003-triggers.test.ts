import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { ProjectId } from '../../core/index.ts'
import { migrate } from '../sqlite/migrate.ts'
import { openSqlite } from '../sqlite/open.ts'
import { MIGRATIONS } from './migrations.ts'

test('secrets from before are what they were: masked, for every job on protected refs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-schema-'))
  const path = join(folder, 'ballast.db')
  const before = new DatabaseSync(path)
  migrate(
    before,
    MIGRATIONS.filter(({ version }) => version < 3),
    path,
  )
  before.exec("insert into projects values ('prj_1', 'team/digits', 'main', 1)")
  before.exec("insert into secrets values ('prj_1', 'API_KEY', 'v1.sealed', 7)")
  before.close()
  const stores = await openSqlite(path)
  expect(await stores.access.secrets('prj_1' as ProjectId)).toEqual([
    {
      name: 'API_KEY',
      environment: '*',
      kind: 'variable',
      protected: true,
      masked: true,
      literal: true,
      sealed: 'v1.sealed',
      createdAt: 7,
    },
  ])
  await stores.access.removeProject('prj_1' as ProjectId)
  expect(await stores.access.secrets('prj_1' as ProjectId)).toEqual([])
  await stores.close()
  await rm(folder, { recursive: true })
})
