import type { Project } from '../../../access/index.ts'
import { NO_COMMIT, resolveCommit } from '../../../git/index.ts'
import type { Pipeline, Push } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { repositoryDirectory } from '../../repositories.ts'
import { startPipeline } from './start.ts'

const BRANCH = 'refs/heads/'
const TAG = 'refs/tags/'

/** Refs of one push that start something: more at once are a history that is taken over, not news. */
const MAX_NEWS = 50

export interface PushedPipelines {
  readonly pipelines: readonly Pipeline[]
  /** For the person who pushed: refs for which nothing runs, and why. */
  readonly notes: readonly string[]
}

/** Makes the pipelines of a push, one for each branch and tag that moved. Repeating it makes nothing twice. */
export async function createPipelines(
  plane: ControlPlane,
  push: Push,
  project: Project,
): Promise<PushedPipelines> {
  const pipelines: Pipeline[] = []
  const notes: string[] = []
  let news = 0
  for (const { ref, before, after } of push.changes) {
    const event = ref.startsWith(BRANCH) ? 'push' : ref.startsWith(TAG) ? 'tag' : undefined
    if (event === undefined || after === NO_COMMIT) continue
    if (push.options?.skip) {
      notes.push(`${ref.replace(/^refs\/(heads|tags)\//, '')}: ci.skip was asked, so nothing runs`)
      continue
    }
    // An annotated tag points to its commit by way of an object of its own; one may point to a file.
    const commit = await resolveCommit(repositoryDirectory(plane.settings, project.id), after)
    if (!commit || ++news > MAX_NEWS) continue
    const made = await startPipeline(plane, {
      project,
      ref,
      commit,
      before,
      event,
      principal: push.principal,
      push: push.id,
      ...(push.options && { variables: push.options.variables, inputs: push.options.inputs }),
    })
    if (made.kind === 'pipeline') pipelines.push(made.pipeline)
    else if (event === 'push') notes.push(`${ref.slice(BRANCH.length)}: ${made.reason}`)
  }
  if (news > MAX_NEWS)
    notes.push(`${news - MAX_NEWS} further refs start nothing: ${MAX_NEWS} at most do of one push`)
  return { pipelines, notes }
}
