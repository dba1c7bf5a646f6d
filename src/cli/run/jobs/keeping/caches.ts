import { readFile } from 'node:fs/promises'
import type { OfferedCache } from '../../../../api/index.ts'
import { digestOf, hexOf, resolveInside } from '../../../../core/index.ts'
import { type CacheRequest, keyFilesIn } from '../../../../pipeline/index.ts'
import type { AttemptResult } from '../../engine/pipeline.ts'
import type { Finished } from './keep.ts'

/** The key of a cache that has none, or whose files are not there. */
const DEFAULT_KEY = 'default'

/** Lays the caches of earlier runs into a workspace. */
export async function restore(finished: Finished): Promise<void> {
  const caches = await requested(finished)
  if (caches.length === 0) return
  const { restoreCaches } = await import('../../../../runner/index.ts')
  await restoreCaches(caches, await placeOf(finished))
}

/** Keeps them for later runs of this working tree. */
export async function save(finished: Finished, outcome: AttemptResult['outcome']): Promise<void> {
  const caches = await requested(finished)
  if (caches.length === 0 || (outcome !== 'succeeded' && outcome !== 'failed')) return
  const { saveCaches } = await import('../../../../runner/index.ts')
  const { tree } = finished.attempt.scope.world.project
  await saveCaches(caches, await placeOf(finished), {
    outcome,
    tracked: new Set(tree.files),
    seenAt: finished.workspace,
  })
}

async function placeOf({ attempt, workspace, log }: Finished) {
  const { project, shelves } = attempt.scope.world
  const { store, caches } = await shelves()
  return {
    store,
    shelf: caches,
    project: project.project.id,
    workspace,
    say: async (line: string) => log.say(line),
  }
}

async function requested(finished: Finished): Promise<readonly OfferedCache[]> {
  const { caches = [] } = finished.attempt.job.plan
  return Promise.all(caches.map(cache => offered(cache, finished)))
}

async function offered(cache: CacheRequest, finished: Finished): Promise<OfferedCache> {
  const { expand } = finished
  const policy = expand(cache.policy)
  return {
    key: await keyOf(cache, finished),
    fallbackKeys: cache.fallbackKeys.map(key => expand(key) || DEFAULT_KEY),
    paths: cache.paths.map(expand),
    untracked: cache.untracked,
    policy: policy === 'pull' || policy === 'push' ? policy : 'pull-push',
    when: cache.when,
  }
}

async function keyOf({ key }: CacheRequest, { expand, attempt }: Finished): Promise<string> {
  if (key.kind === 'text') return expand(key.text) || DEFAULT_KEY
  const { root, files } = attempt.scope.world.project.tree
  const digests: string[] = []
  for (const name of keyFilesIn(key.files, files)) {
    const content = await readInside(root, name)
    if (content) digests.push(`${name} ${digestOf(content)}\n`)
  }
  const text = digests.join('')
  const digest = text === '' ? DEFAULT_KEY : hexOf(digestOf(text))
  return key.prefix === undefined ? digest : `${expand(key.prefix)}-${digest}`
}

/** Undefined: it was deleted, or is a link that leads out of the tree. */
async function readInside(root: string, name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(await resolveInside(root, name))
  } catch {
    return undefined
  }
}
