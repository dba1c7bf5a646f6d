import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../../src/storage/index.ts'
import { describeStores } from './stores.ts'

describeStores('SQLite in memory', async clock => {
  const stores = await openSqlite(':memory:', { clock })
  return { stores, close: () => stores.close() }
})

describeStores('SQLite in a file', async clock => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-stores-'))
  const stores = await openSqlite(join(folder, 'ballast.db'), { clock })
  return {
    stores,
    async close() {
      await stores.close()
      await rm(folder, { recursive: true })
    },
  }
})
