import type { Project } from '../../../access/index.ts'
import type { Digest, VersionId } from '../../../core/index.ts'
import { lfsObjectsOf } from '../../../git/index.ts'
import type { Root, Version } from '../../../registry/index.ts'
import type { Stores } from '../../../storage/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { keptArtifacts } from '../../pipelines/keeping/kept-artifacts.ts'
import { repositoryDirectory } from '../../repositories.ts'
import { variantsIn } from '../versions/variants.ts'

type Plane = Pick<ControlPlane, 'settings' | 'stores' | 'clock'>

const PAGE = 200
const LIVE = ['queued', 'preparing', 'progressing'] as const
const DIGEST = /sha256:[0-9a-f]{64}/g

/**
 * What keeps objects from being collected: files of versions that have not expired and whatever their records name,
 * what jobs keep unexpired, and the objects of Git LFS that a ref leads to. What was put within the grace period needs
 * none of these. Where one of them can't be read, it throws: nothing may be collected then.
 */
export async function* rootsOf(plane: Plane): AsyncGenerator<Root> {
  const serving = await servingVersions(plane.stores)
  for (const project of await plane.stores.access.projects()) {
    yield* versionRoots(plane, project, serving)
    yield* lfsRoots(plane, project)
  }
  for await (const { project, attempt, files } of keptArtifacts(plane))
    for (const { digest } of files) yield { digest, project, why: `kept by the attempt ${attempt}` }
}

/** Files of what serves, is kept for a rollback or is on its way: whole, so that no replica waits for a pack. */
export async function* warmRoots({ stores }: Pick<Plane, 'stores'>): AsyncGenerator<Root> {
  for (const id of await servingVersions(stores)) {
    const version = await stores.versions.byId(id)
    if (!version) continue
    for (const { digest, name } of version.manifest.files)
      yield { digest, why: `${named(version)}, ${name}`, warm: true }
    for (const { name, files } of variantsIn(await stores.versions.recordsOf([id], ['variant'])))
      for (const { digest } of files)
        yield { digest: digest as Digest, why: `${named(version)}, variant ${name}`, warm: true }
  }
}

async function servingVersions({ rollouts }: Stores): Promise<ReadonlySet<VersionId>> {
  const serving = new Set<VersionId>()
  for (const { stable, previous } of await rollouts.deployments()) {
    serving.add(stable)
    if (previous !== undefined) serving.add(previous)
  }
  for (const { candidate, stable } of await rollouts.inPhases(LIVE)) {
    serving.add(candidate)
    if (stable !== undefined) serving.add(stable)
  }
  return serving
}

async function* versionRoots(
  { stores }: Plane,
  project: Project,
  serving: ReadonlySet<VersionId>,
): AsyncGenerator<Root> {
  for (const model of await stores.versions.modelsOf(project.id)) {
    for (let before: number | undefined; ; ) {
      const page = await stores.versions.list(model, {
        limit: PAGE,
        ...(before !== undefined && { before }),
      })
      for (const version of page) {
        const warm = serving.has(version.id)
        // One that serves is needed, whatever else is said of it.
        if (version.expired === undefined || warm) yield* rootsOfVersion(stores, version, warm)
      }
      if (page.length < PAGE) break
      before = page.at(-1)!.number
    }
  }
}

async function* rootsOfVersion({ versions }: Stores, version: Version, warm: boolean): AsyncGenerator<Root> {
  const { project, manifest } = version
  for (const { name, digest } of manifest.files)
    yield { digest, project, why: `${named(version)}, ${name}`, ...(warm && { warm }) }
  const records = await versions.records(version.id)
  for (const { name, files } of variantsIn(records))
    for (const { digest } of files)
      yield {
        digest: digest as Digest,
        project,
        why: `${named(version)}, variant ${name}`,
        ...(warm && { warm }),
      }
  for (const { kind, body } of records)
    for (const [digest] of JSON.stringify(body).matchAll(DIGEST))
      yield { digest: digest as Digest, project, why: `${named(version)}, its record '${kind}'` }
}

function named({ model, number }: Version): string {
  return `version ${number} of ${model}`
}

/** Objects that a repository received, as far as its history names them. */
async function* lfsRoots({ settings, stores }: Plane, { id, name }: Project): AsyncGenerator<Root> {
  let named: ReadonlySet<Digest> | undefined
  for (let after: Digest | undefined; ; ) {
    const page = await stores.lfs.grants(id, { limit: PAGE, ...(after !== undefined && { after }) })
    // A repository without Git LFS is not walked.
    if (page.length > 0) named ??= await lfsObjectsOf(repositoryDirectory(settings, id))
    for (const { digest } of page)
      if (named?.has(digest)) yield { digest, project: id, why: `Git LFS in ${name}` }
    if (page.length < PAGE) return
    after = page.at(-1)!.digest
  }
}
