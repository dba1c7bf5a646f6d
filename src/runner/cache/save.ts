import {
  type CacheEntry,
  type CacheManifest,
  MAX_CACHE_ENTRIES,
  MAX_CACHE_MANIFEST_BYTES,
  type OfferedCache,
} from '../../api/index.ts'
import { formatSize, inParallel, messageOf } from '../../core/index.ts'
import type { ContentStore } from '../store/content-store.ts'
import { isDue } from '../workspace/artifacts/keep.ts'
import { type FoundEntry, type Selection, select } from '../workspace/artifacts/select.ts'
import { linkStaysInside } from '../workspace/names.ts'
import { isAboutAttempt } from './failures.ts'
import { manifestBytes } from './manifest.ts'
import { countOf } from './phrases.ts'
import type { CachePlace } from './place.ts'

/** Of one cache: fetching more costs a job more than making it again. */
const MAX_CACHE_BYTES = 8 * 1024 ** 3
/** Files under way at once: node has four threads for files. */
const AT_ONCE = 8

export interface SavingRules {
  readonly outcome: 'succeeded' | 'failed'
  /** Paths of the commit's files: for caches of untracked files. */
  readonly tracked?: ReadonlySet<string>
  /** Where the job saw its workspace. */
  readonly seenAt?: string
}

/**
 * Keeps caches of a workspace, after the script, all its processes being dead. Of savers of one key at the same
 * time, the last that is complete stands. What is wrong with a cache is said in the log and costs the job
 * nothing. Throws only what is about the attempt itself.
 */
export async function saveCaches(
  caches: readonly OfferedCache[],
  place: CachePlace,
  rules: SavingRules,
): Promise<void> {
  for (const cache of caches) {
    if (cache.policy === 'pull' || !isDue(cache.when, rules.outcome)) continue
    try {
      await save(cache, place, rules)
    } catch (error) {
      if (isAboutAttempt(error)) throw error
      await place.say(`Cache '${cache.key}' was not saved: ${messageOf(error)}`)
    }
  }
}

async function save(cache: OfferedCache, place: CachePlace, rules: SavingRules): Promise<void> {
  const selection = await select(place.workspace, {
    paths: cache.paths,
    exclude: [],
    ...(cache.untracked && rules.tracked && { untrackedBut: rules.tracked }),
    ...(rules.seenAt !== undefined && { seenAt: rules.seenAt }),
  })
  for (const line of complaints(cache.key, selection)) await place.say(line)
  const tooLarge = excessOf(selection)
  if (tooLarge) {
    await place.say(`Cache '${cache.key}' was not saved: ${tooLarge}`)
    return
  }
  if (selection.entries.length === 0) {
    await place.say(`Cache '${cache.key}' was not saved: there is nothing to keep`)
    return
  }
  const { manifest, bytes, files, leftOut } = await takeIn(selection.entries, place)
  if (manifestBytes(manifest).length > MAX_CACHE_MANIFEST_BYTES) {
    await place.say(`Cache '${cache.key}' was not saved: its list of files is too long`)
    return
  }
  if (leftOut > 0)
    await place.say(
      `Cache '${cache.key}': ${countOf(leftOut, 'link leads', 'links lead')} out, and ${leftOut === 1 ? 'is' : 'are'} not kept`,
    )
  await place.shelf.save(place.project, cache.key, manifest)
  await place.say(`Saved cache '${cache.key}' (${countOf(files, 'file', 'files')}, ${formatSize(bytes)})`)
  if (place.remote) {
    const sent = await place.remote.share(cache.key, manifest, place.store)
    await place.say(`Shared cache '${cache.key}' with other runners (${formatSize(sent)} sent)`)
  }
}

function complaints(key: string, { refused, unmatched, passedOver }: Selection): string[] {
  return [
    ...refused.map(
      path => `Cache '${key}': '${path}' leads out of the workspace, or is no pattern: not kept`,
    ),
    ...unmatched.map(path => `Cache '${key}': '${path}' matches nothing`),
    ...(passedOver > 0
      ? [`Cache '${key}': ${countOf(passedOver, 'entry', 'entries')} can't be read or kept`]
      : []),
  ]
}

function excessOf({ entries, incomplete }: Selection): string | undefined {
  const bytes = entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0)
  if (bytes > MAX_CACHE_BYTES)
    return `it has ${formatSize(bytes)}; ${formatSize(MAX_CACHE_BYTES)} at most are kept under one key`
  if (incomplete || entries.length > MAX_CACHE_ENTRIES)
    return `it has more than ${countOf(MAX_CACHE_ENTRIES, 'file', 'files')}; name fewer folders`
  return undefined
}

async function takeIn(
  found: readonly FoundEntry[],
  { store, workspace }: { readonly store: ContentStore; readonly workspace: string },
): Promise<{ manifest: CacheManifest; bytes: number; files: number; leftOut: number }> {
  const entries: CacheEntry[] = []
  let [bytes, files, leftOut] = [0, 0, 0]
  await inParallel(found, AT_ONCE, async entry => {
    switch (entry.kind) {
      case 'folder':
        entries.push(entry)
        break
      case 'link':
        if (linkStaysInside(entry.path, entry.target)) {
          entries.push(entry)
          files++
        } else leftOut++
        break
      case 'file': {
        const { digest, size } = await store.take(`${workspace}/${entry.path}`)
        const { path, mode, mtimeMs } = entry
        entries.push({ kind: 'file', path, digest, size, mode, mtimeMs })
        bytes += size
        files++
      }
    }
  })
  entries.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { manifest: { version: 1, entries }, bytes, files, leftOut }
}
