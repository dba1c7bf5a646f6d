import { type Digest, digestOfValue, messageOf, type ProjectId, type VersionId } from '../../../core/index.ts'
import { nearestAncestor } from '../../../git/index.ts'
import type { Job } from '../../../pipeline/index.ts'
import {
  type Lineage,
  manifestDigest,
  type Version,
  type VersionManifest,
  type VersionRecord,
} from '../../../registry/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { repositoryDirectory } from '../../repositories.ts'

/** Versions whose commits are looked for behind a new one. */
const MAX_CANDIDATES = 1000
/** A data set of more files than this is told by the first of them. */
const MAX_INPUTS = 200
/** A chain longer than this is cut when it is shown. */
const MAX_ANCESTORS = 50

/** What a version comes from; it may be registered already, by a server that was killed then. */
export async function lineageOf(
  plane: ControlPlane,
  facts: {
    readonly project: ProjectId
    readonly manifest: VersionManifest
    readonly jobs: readonly Job[]
    /** Bodies of evaluation records. */
    readonly evaluations: readonly unknown[]
    /** Where the file says that the data of evaluations is. */
    readonly dataPath?: string | undefined
  },
): Promise<Lineage> {
  const { manifest, jobs, evaluations } = facts
  const deployment = await plane.stores.rollouts.deployment(manifest.model, 'production')
  const deployed = deployment && (await plane.stores.versions.byId(deployment.stable))
  const serving = deployed?.digest === manifestDigest(manifest) ? undefined : deployed
  const ancestor = await nearestVersion(plane, facts.project, manifest)
  const parent = ancestor ?? serving
  const training = await trainingOf(plane, manifest, jobs)
  return {
    ...(parent && {
      parent: { version: parent.id, number: parent.number, why: ancestor ? 'commit' : 'production' },
    }),
    ...(serving && { production: { version: serving.id, number: serving.number } }),
    data: [...dataOf(evaluations, facts.dataPath ?? ''), ...(await inputsOf(plane, training, jobs))],
    ...(training && { training }),
    config: digestOfValue(manifest.config),
  }
}

/** The latest version of this commit, or of the nearest one behind it that has any. */
async function nearestVersion(
  plane: ControlPlane,
  project: ProjectId,
  manifest: VersionManifest,
): Promise<Version | undefined> {
  const { model, commit } = manifest
  const own = manifestDigest(manifest)
  const all = await plane.stores.versions.list(model, { limit: MAX_CANDIDATES })
  const versions = all.filter(({ digest }) => digest !== own)
  const commits = new Set(versions.map(version => version.manifest.commit))
  try {
    const nearest = await nearestAncestor(repositoryDirectory(plane.settings, project), commit, commits)
    return versions.find(version => version.manifest.commit === nearest)
  } catch (error) {
    // A lineage is told, and decides nothing: no version goes unregistered for it.
    plane.logger.warn(
      { model, commit, error: messageOf(error) },
      'the ancestors of a commit could not be read',
    )
    return undefined
  }
}

/** The job of the pipeline one of whose kept files is the model's largest: that is where the weights are. */
async function trainingOf(
  plane: ControlPlane,
  { files }: VersionManifest,
  jobs: readonly Job[],
): Promise<Lineage['training']> {
  const digests = files.toSorted((a, b) => b.size - a.size).map(({ digest }) => digest)
  for (const digest of digests) {
    for (const job of jobs) {
      for (const attempt of (await plane.stores.pipelines.attempts(job.id)).toReversed()) {
        const file = attempt.artifacts.find(kept => kept.digest === digest && !kept.folder)
        if (!file || attempt.state !== 'succeeded' || job.plan.work.kind === 'stage') continue
        return {
          job: job.id,
          name: job.plan.name,
          attempt: attempt.id,
          attemptNumber: attempt.number,
          pipeline: job.pipeline,
          file: file.path,
        }
      }
    }
  }
  return undefined
}

/** Each set of data once. */
function dataOf(evaluations: readonly unknown[], path: string): Lineage['data'] {
  const found = new Map<string, Lineage['data'][number]>()
  for (const evaluation of evaluations) {
    const { dataDigest } = (evaluation ?? {}) as { dataDigest?: unknown }
    if (typeof dataDigest === 'string')
      found.set(dataDigest, { role: 'evaluation', path, digest: dataDigest })
  }
  return [...found.values()]
}

/** Files that jobs before the training job kept for it. */
async function inputsOf(
  plane: ControlPlane,
  training: Lineage['training'],
  jobs: readonly Job[],
): Promise<Lineage['data']> {
  const plan = jobs.find(({ id }) => id === training?.job)?.plan
  if (!plan) return []
  const found: Lineage['data'][number][] = []
  for (const job of jobs.filter(({ plan: { name } }) => (plan.inputs ?? plan.needs).includes(name))) {
    const attempts = await plane.stores.pipelines.attempts(job.id)
    const files = attempts.findLast(({ state }) => state === 'succeeded')?.artifacts ?? []
    for (const { path, digest, folder, reportOnly } of files)
      if (!folder && !reportOnly) found.push({ role: 'training', path, digest })
  }
  return found.slice(0, MAX_INPUTS)
}

/** The lineage record that this server wrote of a version; another server's names what is not here. */
export function lineageIn(records: readonly VersionRecord[]): Lineage | undefined {
  const record = records.find(({ kind, origin }) => kind === 'lineage' && !origin)
  return record?.body as Lineage | undefined
}

export interface Ancestor {
  readonly version: Version
  readonly why: 'commit' | 'production'
}

/** Parents, nearest first. */
export async function ancestorsOf(plane: ControlPlane, id: VersionId): Promise<readonly Ancestor[]> {
  const { versions } = plane.stores
  const found: Ancestor[] = []
  const seen = new Set<VersionId>([id])
  let next: VersionId | undefined = id
  while (next && found.length < MAX_ANCESTORS) {
    const parent: Lineage['parent'] = lineageIn(await versions.recordsOf([next], ['lineage']))?.parent
    const version: Version | undefined = parent && (await versions.byId(parent.version))
    next = undefined
    if (!parent || !version || seen.has(version.id)) break
    seen.add(version.id)
    found.push({ version, why: parent.why })
    next = version.id
  }
  return found
}

/** Of the latest thousand versions, those whose parent this is; newest first. */
export async function childrenOf(plane: ControlPlane, { model, id }: Version): Promise<readonly Version[]> {
  const { versions } = plane.stores
  const all = await versions.list(model, { limit: MAX_CANDIDATES })
  const records = await versions.recordsOf(
    all.map(version => version.id),
    ['lineage'],
  )
  const children = new Set(
    records.filter(record => lineageIn([record])?.parent?.version === id).map(record => record.version),
  )
  return all.filter(version => children.has(version.id))
}

/**
 * Earlier files of the same name, by the digest of a new version's own: what each is likely a small change of, nearest
 * first.
 */
export async function earlierFiles(
  plane: ControlPlane,
  { files }: VersionManifest,
  { parent, production }: Lineage,
): Promise<ReadonlyMap<Digest, readonly Digest[]>> {
  const earlier = new Map<Digest, readonly Digest[]>()
  for (const id of new Set([parent?.version, production?.version])) {
    const version = id && (await plane.stores.versions.byId(id))
    if (!version) continue
    for (const { name, digest } of files) {
      const there = version.manifest.files.find(file => file.name === name && file.digest !== digest)
      if (there) earlier.set(digest, [...(earlier.get(digest) ?? []), there.digest])
    }
  }
  return earlier
}
