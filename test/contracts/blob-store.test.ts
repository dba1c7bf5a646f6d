import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DiskBlobStore } from '../../src/storage/index.ts'
import { describeBlobStore } from './blob-store.ts'

describeBlobStore('disk', async () => {
  const root = await mkdtemp(join(tmpdir(), 'ballast-blobs-'))
  return {
    store: await DiskBlobStore.open(root),
    leftovers: async () => (await readdir(join(root, 'tmp'))).length,
    close: () => rm(root, { recursive: true }),
  }
})
