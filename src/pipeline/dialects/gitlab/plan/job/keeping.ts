import type { ArtifactRules, CacheRequest, PlannedJob } from '../../../../types.ts'
import type { JobKeys } from '../../keywords/job/job.ts'
import type { WrittenArtifacts } from '../../keywords/job/keeping/artifacts.ts'
import type { WrittenCache } from '../../keywords/job/keeping/cache.ts'

const DEFAULT_KEY = 'default'
const SITE = 'public'

/** Without paths nothing is cached. */
export function cachesOf(caches: readonly WrittenCache[]): readonly CacheRequest[] {
  return caches
    .filter(({ paths, untracked }) => (paths?.length ?? 0) > 0 || untracked)
    .map(({ key, paths, untracked, unprotect, when, policy, fallback_keys }) => ({
      key: key ?? { kind: 'text', text: DEFAULT_KEY },
      fallbackKeys: fallback_keys ?? [],
      paths: paths ?? [],
      untracked: untracked ?? false,
      policy: policy ?? 'pull-push',
      when: when ?? 'on_success',
      unprotect: unprotect ?? false,
    }))
}

type Kept = Pick<PlannedJob, 'artifacts'> & { readonly artifactRules?: ArtifactRules }

const NOTHING: Kept = { artifacts: [] }
/** Thousands of jobs share what they extend. */
const SHARED = new WeakMap<WrittenArtifacts, Kept>()

/** Files to keep, the site of a pages job and the reports that nothing reads among them. */
export function artifactsOf(name: string, keys: JobKeys): Kept {
  const { artifacts } = keys
  const site = siteOf(name, keys)
  if (site !== undefined) return keptOf(artifacts, site)
  if (!artifacts) return NOTHING
  const kept = SHARED.get(artifacts) ?? keptOf(artifacts)
  SHARED.set(artifacts, kept)
  return kept
}

function keptOf(artifacts: WrittenArtifacts | undefined, site?: string): Kept {
  const reports = artifacts?.reports ?? []
  const kept = reports.flatMap(({ kind, paths }) => (kind ? [] : paths))
  const paths = [...new Set([...(artifacts?.paths ?? []), ...kept, ...(site === undefined ? [] : [site])])]
  return { artifacts: paths, ...(artifacts && { artifactRules: rulesOf(artifacts) }) }
}

function rulesOf({
  exclude,
  untracked,
  when,
  expire_in,
  name,
  reports,
  ...rest
}: WrittenArtifacts): ArtifactRules {
  return {
    exclude: exclude ?? [],
    untracked: untracked ?? false,
    when: when ?? 'on_success',
    ...(typeof expire_in === 'number' && { expireIn: expire_in }),
    ...(name !== undefined && { name }),
    reports: (reports ?? []).flatMap(({ kind, paths }) => (kind ? [{ kind, paths }] : [])),
    access: rest.access ?? (rest.public === false ? 'developer' : 'all'),
  }
}

/** The folder of the site: of a job that says `pages`, or is named so and does not deny it. */
function siteOf(name: string, { pages, publish, trigger }: JobKeys): string | undefined {
  if (trigger || pages === false || (pages === undefined && name !== 'pages')) return undefined
  return pages?.publish ?? publish ?? SITE
}
