import { hasRole, isProtectedRef, type Project } from '../../../access/index.ts'
import { type CommitId, newId } from '../../../core/index.ts'
import { isRefName, NO_COMMIT, readRefs, resolveCommit, writeTag } from '../../../git/index.ts'
import type { Job, Pipeline, Release, ReleaseRequest } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import type { PushAcceptance } from '../../pushes/acceptance.ts'
import { repositoryDirectory } from '../../repositories.ts'
import { type EndedAttempt, textsAfter } from '../texts.ts'
import { contentOf } from './content.ts'

const TAG = 'refs/tags/'

export type Published =
  | { readonly kind: 'published'; readonly note: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Another job makes the same one at the moment. */
  | { readonly kind: 'later' }

/** A job whose script has succeeded, and the release that it asks for. */
export interface ReleasingJob {
  readonly pipeline: Pipeline
  readonly job: Job
  readonly project: Project
  readonly attempt: EndedAttempt
  readonly request: ReleaseRequest
}

/**
 * Makes the release that a job asks for, and its tag where there is none. It goes on where a crash left it: the
 * release is in the journal before its tag is made, and published after. What is released already at the same commit
 * stays as it is.
 */
export async function publishRelease(
  plane: ControlPlane,
  pushes: Pick<PushAcceptance, 'move'>,
  releasing: ReleasingJob,
): Promise<Published> {
  const { pipeline, job, project, attempt, request } = releasing
  const expand = await textsAfter(plane, pipeline, job, project, attempt)
  const tag = expand(request.tag).trim()
  if (!isRefName(TAG + tag)) return refused(`'${tag.slice(0, 100)}' is no name of a tag`)
  const refusal = await refusalOf(plane, pipeline, project, tag)
  if (refusal !== undefined) return refused(refusal)
  const commit = await commitOf(plane, pipeline, request.ref && expand(request.ref))
  if (!commit) return refused(`there is no ref '${expand(request.ref ?? '').slice(0, 100)}' to release`)
  const tagged = await taggedCommit(plane, project, tag)
  if (tagged !== undefined && tagged !== commit) return refused(elsewhere(tag, tagged, commit))
  const there = await plane.stores.delivery.release(project.id, tag)
  if (there && there.job !== job.id) {
    if (there.state === 'pending') return { kind: 'later' }
    return there.commit === commit
      ? { kind: 'published', note: `${tag} was released already` }
      : refused(elsewhere(tag, there.commit, commit))
  }
  if (there?.state === 'published') return { kind: 'published', note: `${tag} was released already` }
  const release =
    there ?? (await begun(plane, releasing, { tag, commit, madeTag: tagged === undefined, expand }))
  if (release === undefined) return { kind: 'later' }
  if (typeof release === 'string') return refused(release)
  const made = await makeTag(plane, pushes, releasing, release, expand)
  if (made !== undefined) {
    await plane.stores.delivery.dropRelease(release.id)
    return refused(made)
  }
  await plane.stores.delivery.publishRelease(release.id)
  return { kind: 'published', note: `released ${tag}` }
}

function refused(why: string): Published {
  return { kind: 'refused', reason: `It was not released: ${why}` }
}

function elsewhere(tag: string, there: CommitId, wanted: CommitId): string {
  return `tag ${tag} is at ${there.slice(0, 12)}, not at ${wanted.slice(0, 12)}`
}

/** Whoever started the pipeline must be allowed to push the tag, as they are now. */
async function refusalOf(
  { stores }: ControlPlane,
  { principal, ref }: Pipeline,
  project: Project,
  tag: string,
): Promise<string | undefined> {
  const who = await stores.access.principal(principal)
  const role = who?.admin ? 'admin' : await stores.access.roleOf(principal, project.id)
  const least = isProtectedRef(project, TAG + tag) ? 'maintainer' : 'developer'
  if (!who || !hasRole(role, least))
    return `${who?.name ?? 'whoever started the pipeline'} is no ${least} of ${project.name}, as the tag ${tag} needs`
  // The pipeline of a tag that a release made must not make the next one, and so on for ever.
  const own = ref.startsWith(TAG) ? ref.slice(TAG.length) : undefined
  const made = own !== undefined && own !== tag && (await stores.delivery.release(project.id, own))?.madeTag
  return made ? `this pipeline runs for the tag ${own}, which a release made; it makes no other` : undefined
}

/** A branch or tag of the project, or a commit that is there. */
async function commitOf(
  { settings }: ControlPlane,
  { project, commit }: Pipeline,
  ref: string | undefined,
): Promise<CommitId | undefined> {
  if (ref === undefined || ref === '') return commit
  if (!isRefName(ref)) return undefined
  const directory = repositoryDirectory(settings, project)
  const refs = await readRefs(directory)
  const name = [`refs/heads/${ref}`, TAG + ref].find(other => refs.has(other))
  if (name === undefined && !/^[0-9a-f]{7,40}$/.test(ref)) return undefined
  return resolveCommit(directory, name ?? ref)
}

async function taggedCommit(
  { settings }: ControlPlane,
  { id }: Project,
  tag: string,
): Promise<CommitId | undefined> {
  const directory = repositoryDirectory(settings, id)
  const there = (await readRefs(directory)).get(TAG + tag)
  // A tag may point to something that is no commit.
  return there && ((await resolveCommit(directory, TAG + tag)) ?? there)
}

interface Begun {
  readonly tag: string
  readonly commit: CommitId
  readonly madeTag: boolean
  expand(text: string): string
}

/** Writes down what is to be released. A text: why not; undefined: another job was faster. */
async function begun(
  plane: ControlPlane,
  { pipeline, job, project, attempt, request }: ReleasingJob,
  { tag, commit, madeTag, expand }: Begun,
): Promise<Release | string | undefined> {
  const content = await contentOf(plane, pipeline, attempt, request, expand)
  if (typeof content === 'string') return content
  const release: Release = {
    ...content,
    id: newId('release'),
    project: project.id,
    tag,
    commit,
    createdAt: plane.clock.now(),
    by: pipeline.principal,
    pipeline: pipeline.id,
    job: job.id,
    madeTag,
    state: 'pending',
  }
  return (await plane.stores.delivery.addRelease(release)) ? release : undefined
}

/** A text: why it could not be made. */
async function makeTag(
  plane: ControlPlane,
  pushes: Pick<PushAcceptance, 'move'>,
  { pipeline, project, request }: ReleasingJob,
  { tag, commit }: Release,
  expand: (text: string) => string,
): Promise<string | undefined> {
  const there = await taggedCommit(plane, project, tag)
  if (there !== undefined) return there === commit ? undefined : elsewhere(tag, there, commit)
  const after = await tagObject(
    plane,
    pipeline,
    tag,
    commit,
    request.tagMessage && expand(request.tagMessage),
  )
  const change = { ref: TAG + tag, before: NO_COMMIT, after }
  const moved = await pushes.move({ project, principal: pipeline.principal, changes: [change] })
  if (moved !== 'moved elsewhere') return undefined
  const now = await taggedCommit(plane, project, tag)
  return now === commit ? undefined : elsewhere(tag, now ?? NO_COMMIT, commit)
}

/** With a message the tag is an object of its own. */
async function tagObject(
  { settings, stores, clock }: ControlPlane,
  { project, principal }: Pipeline,
  name: string,
  commit: CommitId,
  message: string | undefined,
): Promise<CommitId> {
  if (message === undefined || message.trim() === '') return commit
  const who = (await stores.access.principal(principal))?.name ?? 'ballast'
  return writeTag(repositoryDirectory(settings, project), {
    commit,
    name,
    message,
    tagger: { name: who, email: `${who}@localhost` },
    at: clock.now(),
  })
}
