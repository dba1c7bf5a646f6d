import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DiskBlobStore } from '../../src/storage/index.ts'
import { aStore } from '../server/store.ts'
import { describeBlobStore } from './blob-store.ts'

describeBlobStore('disk', async () => {
  const root = await mkdtemp(join(tmpdir(), 'ballast-blobs-'))
  return {
    store: await DiskBlobStore.open(root),
    leftovers: async () => (await readdir(join(root, 'tmp'))).length,
    close: () => rm(root, { recursive: true }),
  }
})

describeBlobStore('objects, whole', async () => {
  const world = await aStore()
  return {
    store: world.store,
    leftovers: async () => (await readdir(join(world.root, 'tmp'))).length,
    close: () => world.close(),
  }
})

describeBlobStore('objects, packed as soon as they are put', async () => {
  const world = await aStore()
  const { store } = world
  return {
    store: {
      has: digest => store.has(digest),
      open: digest => store.open(digest),
      stream: (digest, range) => store.stream(digest, range),
      localPath: digest => store.localPath(digest),
      async put(expected, content, limits) {
        const put = await store.put(expected, content, limits)
        await world.packAll()
        return put
      },
    },
    leftovers: async () => (await readdir(join(world.root, 'tmp'))).length,
    close: () => world.close(),
  }
})
