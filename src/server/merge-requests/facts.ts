import type { Project } from '../../access/index.ts'
import type { CommitId } from '../../core/index.ts'
import { mergeBase, readRefs } from '../../git/index.ts'
import type { MergeRequest, MergeRequestFacts } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { repositoryDirectory } from '../repositories.ts'

export function headRef({ number }: Pick<MergeRequest, 'number'>): string {
  return `refs/merge-requests/${number}/head`
}

/** 3 of `refs/merge-requests/3/head`. */
export function numberOf(ref: string): number | undefined {
  const [, number] = /^refs\/merge-requests\/(\d{1,9})\/head$/.exec(ref) ?? []
  return number === undefined ? undefined : Number(number)
}

/** What a pipeline of it is told, and the commit from which it has changed files; undefined: its target is gone. */
export async function factsOf(
  plane: ControlPlane,
  project: Project,
  request: MergeRequest,
  head: CommitId,
): Promise<{ readonly facts: MergeRequestFacts; readonly base: CommitId | undefined } | undefined> {
  const directory = repositoryDirectory(plane.settings, project.id)
  const target = (await readRefs(directory)).get(`refs/heads/${request.target}`)
  if (!target) return undefined
  return {
    facts: {
      number: externalNumber(request) ?? request.number,
      title: request.title,
      description: request.description,
      sourceBranch: request.source,
      targetBranch: request.target,
      sourceSha: head,
      targetSha: target,
      sourceProject: project.name,
      labels: request.labels,
      draft: request.draft,
    },
    base: await mergeBase(directory, target, head),
  }
}

/** Its number at its own forge, by which people know it. */
function externalNumber({ external }: MergeRequest): number | undefined {
  const [, number] = /#(\d{1,9})$/.exec(external ?? '') ?? []
  return number === undefined ? undefined : Number(number)
}
