import type { Project } from '../../access/index.ts'
import type { CommitId } from '../../core/index.ts'
import { isRefName, readRefs, resolveCommit } from '../../git/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { notFound } from '../errors.ts'
import { repositoryDirectory } from '../repositories.ts'

export interface FoundRef {
  /** `refs/heads/main`. */
  readonly ref: string
  readonly commit: CommitId
}

/**
 * The branch or tag that a name stands for, a branch before a tag; undefined where there is none. A merge request's
 * ref is not found: its pipelines start with it.
 */
export async function findRef(
  plane: ControlPlane,
  project: Project,
  name: string,
): Promise<FoundRef | undefined> {
  if (!isRefName(name)) return undefined
  const directory = repositoryDirectory(plane.settings, project.id)
  const refs = await readRefs(directory)
  const whole = name.startsWith('refs/') ? [name] : [`refs/heads/${name}`, `refs/tags/${name}`]
  const ref = whole.find(other => /^refs\/(heads|tags)\//.test(other) && refs.has(other))
  // An annotated tag points to the commit by way of a tag object.
  const commit = ref && (await resolveCommit(directory, ref))
  return commit ? { ref, commit } : undefined
}

/** Throws NOT_FOUND. */
export async function needRef(plane: ControlPlane, project: Project, name: string): Promise<FoundRef> {
  const found = await findRef(plane, project, name)
  if (!found) throw notFound('branch or tag', name.slice(0, 100))
  return found
}

/** `main` of `refs/heads/main`. */
export function shortRef(ref: string): string {
  return ref.replace(/^refs\/(heads|tags)\//, '')
}
