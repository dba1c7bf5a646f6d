import { createHash } from 'node:crypto'
import type { OfferedCache } from '../../../api/index.ts'
import { listFiles } from '../../../git/index.ts'
import { type CacheRequest, type Job, keyFilesIn, type Pipeline } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { repositoryDirectory } from '../../repositories.ts'

/** The key of a cache that has none, or whose files are not there. */
const DEFAULT_KEY = 'default'
/** A name on disk and in a request; longer ones go by their digest. */
const MAX_KEY_LENGTH = 500

const POLICIES = ['pull-push', 'pull', 'push'] as const

/**
 * The caches of a job with their keys made: variables expanded, the digest of the files that a key goes by, and
 * apart for protected refs, so that what an unprotected branch writes never reaches them.
 */
export async function offeredCaches(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  expand: (text: string) => string,
): Promise<OfferedCache[]> {
  const caches: OfferedCache[] = []
  for (const cache of job.plan.caches ?? []) {
    const side = pipeline.trigger?.protectedRef && !cache.unprotect ? 'protected' : 'non_protected'
    const sided = (key: string) => shortened(`${key}-${side}`)
    const policy = expand(cache.policy)
    caches.push({
      key: sided(await keyOf(plane, pipeline, cache, expand)),
      fallbackKeys: cache.fallbackKeys.map(key => sided(expand(key) || DEFAULT_KEY)),
      paths: cache.paths.map(expand),
      untracked: cache.untracked,
      policy: POLICIES.find(known => known === policy) ?? 'pull-push',
      when: cache.when,
    })
  }
  return caches
}

async function keyOf(
  plane: ControlPlane,
  pipeline: Pipeline,
  { key }: CacheRequest,
  expand: (text: string) => string,
): Promise<string> {
  if (key.kind === 'text') return expand(key.text) || DEFAULT_KEY
  const digest = await digestOfFiles(plane, pipeline, key.files)
  return key.prefix === undefined ? digest : `${expand(key.prefix)}-${digest}`
}

/** Of the ids that Git has for their contents, in the order of their names. */
async function digestOfFiles(
  { settings }: ControlPlane,
  { project, commit }: Pipeline,
  files: readonly string[],
): Promise<string> {
  const listed = await listFiles(repositoryDirectory(settings, project), commit)
  const named = keyFilesIn(
    files,
    listed.map(({ path }) => path),
  )
  const wanted = new Set(named)
  const found = listed.filter(({ path }) => wanted.has(path)).map(({ path, id }) => `${path}\0${id}`)
  return found.length === 0 ? DEFAULT_KEY : sha256(found.sort().join('\n'))
}

function shortened(key: string): string {
  return key.length > MAX_KEY_LENGTH ? sha256(key) : key
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
