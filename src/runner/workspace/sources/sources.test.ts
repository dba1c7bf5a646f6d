import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tarOf } from '../../../../test/e2e/runner-world/tar.ts'
import type { Download } from '../../control/http.ts'
import { laySource } from '../lay.ts'
import { SourceCache } from './sources.ts'

let folder: string
let fetches: number
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-sources-'))
  fetches = 0
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const fetch = (content: string) => async (): Promise<Download> => {
  fetches++
  return Readable.from([tarOf([{ path: 'file', content }])])
}

async function aCache(): Promise<SourceCache> {
  const cache = new SourceCache(join(folder, 'sources'))
  await cache.prepare()
  return cache
}

test('jobs of one commit share one fetch, also after a restart', async () => {
  const cache = await aCache()
  await Promise.all([1, 2, 3].map(() => cache.use({ project: 'digits', commit: 'c1' }, fetch('x'))))
  const again = await (await aCache()).use({ project: 'digits', commit: 'c1' }, fetch('x'))
  expect(fetches).toBe(1)
  expect(again.listing.files).toEqual(['file'])
})

test('what one project may read is not given to another', async () => {
  const cache = await aCache()
  await cache.use({ project: 'digits', commit: 'c1' }, fetch('x'))
  await cache.use({ project: 'faces', commit: 'c1' }, fetch('x'))
  expect(fetches).toBe(2)
})

test('with history it is another source for each depth', async () => {
  const cache = await aCache()
  for (const gitDepth of [undefined, 0, 1, 0, undefined]) {
    await cache.use({ project: 'digits', commit: 'c1', gitDepth }, fetch('x'))
  }
  expect(fetches).toBe(3)
})

test('a fetch that failed leaves nothing, and the next tries again', async () => {
  const cache = await aCache()
  const broken = async (): Promise<Download> => Readable.from([tarOf([{ path: '../evil' }])])
  await expect(cache.use({ project: 'digits', commit: 'c1' }, broken)).rejects.toMatchObject({
    code: 'SOURCE_INVALID',
  })
  expect(await readdir(join(folder, 'sources'))).toEqual([])
  await cache.use({ project: 'digits', commit: 'c1' }, fetch('x'))
  expect(fetches).toBe(1)
})

test('the least recently used go when there are too many, but none that is in use', async () => {
  const cache = await aCache()
  const inUse = await cache.use({ project: 'digits', commit: 'used' }, fetch('used'))
  for (let n = 0; n < 30; n++) (await cache.use({ project: 'digits', commit: `c${n}` }, fetch('x'))).release()
  expect((await readdir(join(folder, 'sources'))).length).toBe(25)
  expect(await readFile(join(inUse.tree, 'file'), 'utf8')).toBe('used')
})

test('a workspace’s files are its own: writing there changes no later workspace', async () => {
  const cache = await aCache()
  const source = await cache.use({ project: 'digits', commit: 'c1' }, fetch('x'))
  const workspaces = [await mkdtemp(join(folder, 'a-')), await mkdtemp(join(folder, 'b-'))] as const
  await laySource(source, workspaces[0], undefined)
  await writeFile(join(workspaces[0], 'file'), 'changed')
  await laySource(source, workspaces[1], undefined)
  expect(await readFile(join(workspaces[1], 'file'), 'utf8')).toBe('x')
})
