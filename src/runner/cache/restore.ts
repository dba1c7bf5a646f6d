import type { CacheManifest, OfferedCache } from '../../api/index.ts'
import { formatSize, messageOf } from '../../core/index.ts'
import { layEntries } from '../workspace/lay-entries.ts'
import { isAboutAttempt } from './failures.ts'
import { countOf } from './phrases.ts'
import type { CachePlace } from './place.ts'

/**
 * Lays caches into a workspace, before the script: of each the manifest under its key, or under the first of its
 * fallback keys that has one. A cache only saves time: whatever is wrong with it is said in the log, and the job
 * goes on without. Throws only what is about the attempt itself (LEASE_LOST, an abort).
 */
export async function restoreCaches(
  caches: readonly OfferedCache[],
  place: CachePlace,
  options: { readonly owner?: number } = {},
): Promise<void> {
  for (const cache of caches) {
    if (cache.policy === 'push') continue
    try {
      await restore(cache, place, options.owner)
    } catch (error) {
      if (isAboutAttempt(error)) throw error
      await place.say(`Cache '${cache.key}' was not restored: ${messageOf(error)}`)
    }
  }
}

async function restore(cache: OfferedCache, place: CachePlace, owner: number | undefined): Promise<void> {
  for (const key of [cache.key, ...cache.fallbackKeys]) {
    const manifest = await manifestUnder(key, place)
    if (!manifest) {
      await place.say(`No cache for '${key}'`)
      continue
    }
    const laid = await layEntries(manifest.entries, place.store, place.workspace, owner)
    if (typeof laid === 'object') {
      const blocked = laid.blocked > 0 ? `; ${countOf(laid.blocked, 'entry', 'entries')} had no place` : ''
      await place.say(
        `Restored cache '${key}' (${countOf(laid.files, 'file', 'files')}, ${formatSize(laid.bytes)})${blocked}`,
      )
      return
    }
    await place.say(
      laid === 'damaged'
        ? `Cache '${key}' is damaged on this runner's disk; going on as without it`
        : `Cache '${key}' is no longer whole on this runner; going on as without it`,
    )
  }
}

/** What other runners saved counts before what is here: it is the newest. */
async function manifestUnder(key: string, place: CachePlace): Promise<CacheManifest | undefined> {
  const { remote, shelf, store, project } = place
  if (remote) {
    try {
      const manifest = await remote.fetch(key, store)
      if (manifest) return manifest
    } catch (error) {
      if (isAboutAttempt(error)) throw error
      await place.say(`Cache '${key}' was not fetched from the control plane: ${messageOf(error)}`)
    }
  }
  return shelf.find(project, key)
}
