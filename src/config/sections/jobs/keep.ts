import type { ArtifactRules, CacheRequest, PlannedJob } from '../../../pipeline/index.ts'
import { list, optional, required, type StructOf, struct } from '../../reader/composites.ts'
import { glob } from '../../reader/paths.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { choice, flag, text } from '../../reader/scalars.ts'
import { oneOrMore, patterns } from './commands.ts'

/** Each is restored and saved one after the other. */
const MAX_CACHES = 4
const MAX_KEY_FILES = 10

const key = text({ expected: 'the name of a cache', pattern: /^[^/\u0000-\u001f]+$/, maxLength: 200 })
const when = choice(['on_success', 'on_failure', 'always'])

/** Without the key of one that names none: that is its job's. */
type WrittenCache = Omit<CacheRequest, 'key'> & { readonly key: CacheRequest['key'] | undefined }

const cache: Reader<WrittenCache> = refine(
  struct({
    what: 'a cache',
    fields: {
      paths: required(patterns, 'files and folders to keep for later runs'),
      key: optional(key, 'which cache; default: one for the job'),
      files: optional(oneOrMore(glob(), MAX_KEY_FILES), 'a new cache whenever one of these files changes'),
      fallback: optional(oneOrMore(key, 5), 'keys to try when there is none under the first'),
      policy: optional(
        choice(['pull-push', 'pull', 'push']),
        'whether it is restored, saved or both',
        'pull-push',
      ),
      when: optional(when, 'after which end it is saved', 'on_success'),
    },
    exclusive: ['key', 'files'],
  }),
  ({ paths, key: text, files, fallback = [], policy, when: saved }): WrittenCache => ({
    key: files ? { kind: 'files', files } : text === undefined ? undefined : { kind: 'text', text },
    fallbackKeys: fallback,
    paths,
    untracked: false,
    policy: policy ?? 'pull-push',
    when: saved ?? 'on_success',
    unprotect: false,
  }),
)

const reports = struct({
  what: 'reports',
  fields: {
    junit: optional(patterns, 'test results, JUnit XML'),
    dotenv: optional(patterns, 'variables for the jobs that need this one, NAME=value a line'),
    coverage: optional(patterns, 'line coverage, Cobertura XML'),
    metrics: optional(patterns, 'figures, OpenMetrics text'),
  },
})

/** What a job keeps, beside its artifacts, and takes from earlier runs. */
export const keepFields = {
  cache: optional(
    byKind({ map: refine(cache, one => [one]), list: list(cache, { max: MAX_CACHES }) }),
    'folders that make later runs faster; never an input',
  ),
  reports: optional(reports, 'kept files that Ballast reads too'),
  keep: optional(when, 'after which end artifacts and reports are kept', 'on_success'),
  reuse: optional(flag(), 'whether an earlier result is taken where inputs and commands are equal', false),
}

type WrittenKeep = StructOf<typeof keepFields>

/** `/` is no part of a key. */
function keyOfJob(name: string): CacheRequest['key'] {
  return { kind: 'text', text: name.replaceAll('/', '%2F') }
}

export function keepOf(
  name: string,
  { cache: caches, reports: written, keep, reuse }: WrittenKeep,
): Partial<PlannedJob> {
  const kinds = (['junit', 'dotenv', 'coverage', 'metrics'] as const).flatMap(kind => {
    const paths = written?.[kind]
    return paths ? [{ kind, paths }] : []
  })
  const artifactRules: ArtifactRules = {
    exclude: [],
    untracked: false,
    when: keep ?? 'on_success',
    reports: kinds,
    access: 'all',
  }
  return {
    ...(caches && { caches: caches.map(cache => ({ ...cache, key: cache.key ?? keyOfJob(name) })) }),
    ...((kinds.length > 0 || keep) && { artifactRules }),
    ...(reuse && { reuse }),
  }
}
