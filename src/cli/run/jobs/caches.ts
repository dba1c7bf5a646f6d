import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OfferedCache } from '../../../api/index.ts'
import { digestOf, hexOf } from '../../../core/index.ts'
import type { CacheRequest } from '../../../pipeline/index.ts'
import type { AttemptResult } from '../engine/pipeline.ts'
import { expanded, type Finished } from './keep.ts'

/** Lays the caches of earlier runs into a workspace. */
export async function restore(finished: Finished): Promise<void> {
  const caches = await requested(finished)
  if (caches.length === 0) return
  const { restoreCaches } = await import('../../../runner/index.ts')
  await restoreCaches(caches, await placeOf(finished))
}

/** Keeps them for later runs of this working tree. */
export async function save(finished: Finished, outcome: AttemptResult['outcome']): Promise<void> {
  const caches = await requested(finished)
  if (caches.length === 0 || (outcome !== 'succeeded' && outcome !== 'failed')) return
  const { saveCaches } = await import('../../../runner/index.ts')
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
  const { env } = finished
  const policy = expanded(cache.policy, env)
  return {
    key: await keyOf(cache, finished),
    fallbackKeys: cache.fallbackKeys.map(key => expanded(key, env)),
    paths: cache.paths.map(path => expanded(path, env)),
    untracked: cache.untracked,
    policy: policy === 'pull' || policy === 'push' ? policy : 'pull-push',
    when: cache.when,
  }
}

/** A lock file may be large; a key needs its digest alone. */
async function keyOf({ key }: CacheRequest, { env, attempt }: Finished): Promise<string> {
  if (key.kind === 'text') return expanded(key.text, env) || 'default'
  const { root } = attempt.scope.world.project.tree
  const digests = await Promise.all(
    key.files.map(async file => {
      const content = await readFile(join(root, file)).catch(() => undefined)
      return content === undefined ? '' : `${file} ${digestOf(content)}\n`
    }),
  )
  const text = digests.join('')
  const name = text === '' ? 'default' : hexOf(digestOf(text)).slice(0, 40)
  return key.prefix === undefined ? name : `${expanded(key.prefix, env)}-${name}`
}
