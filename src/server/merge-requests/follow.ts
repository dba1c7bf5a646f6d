import type { Project } from '../../access/index.ts'
import { type CommitId, messageOf, type PrincipalId, type ProjectId } from '../../core/index.ts'
import { GitError, isAncestor, NO_COMMIT, type RefChange, readRefs } from '../../git/index.ts'
import type { MergeRequest, Push } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { PushedPipelines } from '../pipelines/starting/create.ts'
import type { PushAcceptance } from '../pushes/acceptance.ts'
import { repositoryDirectory } from '../repositories.ts'
import type { Start } from '../triggers/launch.ts'
import { factsOf, headRef, numberOf } from './facts.ts'

const BRANCH = 'refs/heads/'
const NOTHING: PushedPipelines = { pipelines: [], notes: [] }

/**
 * Keeps merge requests in step with their branches. A push to the source moves the request's own ref, and that move
 * starts its pipeline; a push that brings the head into the target makes it merged, whoever pushed. All of it can be
 * asked again after a crash, for what is there tells what is left to do.
 */
export class MergeRequestFollower {
  readonly #plane: ControlPlane
  readonly #pushes: PushAcceptance
  readonly #start: Start

  constructor(plane: ControlPlane, pushes: PushAcceptance, start: Start) {
    this.#plane = plane
    this.#pushes = pushes
    this.#start = start
    pushes.followWith((push, project) => this.#follow(push, project))
  }

  /** Every open one, at the start of the server. */
  async resume(): Promise<void> {
    for (const request of await this.#plane.stores.triggers.openMergeRequests()) {
      const project = await this.#plane.stores.access.project(request.project)
      // A repository that can't be read keeps neither the others nor the server from going on.
      if (project)
        await this.sync(project, request, request.author).catch((error: unknown) =>
          this.#plane.logger.error(
            { mergeRequest: request.id, error: messageOf(error) },
            'a merge request could not be followed',
          ),
        )
    }
  }

  /** Brings one in step with its branches; its pipeline, if its head moved, runs with the rights of `by`. */
  async sync(project: Project, request: MergeRequest, by: PrincipalId): Promise<PushedPipelines> {
    const refs = await this.#refs(project.id)
    const target = refs.get(BRANCH + request.target)
    if (target && (await this.#merged(project.id, request, target))) return NOTHING
    const source = refs.get(BRANCH + request.source)
    const ref = headRef(request)
    if (!source || source === refs.get(ref)) return NOTHING
    const change = { ref, before: refs.get(ref) ?? NO_COMMIT, after: source }
    const moved = await this.#pushes.move({ project, principal: by, changes: [change] })
    return moved === 'moved elsewhere' ? NOTHING : moved
  }

  async #follow(push: Push, project: Project): Promise<PushedPipelines> {
    const made: PushedPipelines[] = []
    const branches = push.changes
      .filter(({ ref, after }) => ref.startsWith(BRANCH) && after !== NO_COMMIT)
      .map(({ ref }) => ref.slice(BRANCH.length))
    const open = branches.length > 0 ? await this.#plane.stores.triggers.openMergeRequests(project.id) : []
    for (const request of open)
      if (branches.includes(request.source) || branches.includes(request.target))
        made.push(await this.sync(project, request, push.principal))
    for (const change of push.changes) made.push(await this.#headMoved(push, project, change))
    return {
      pipelines: made.flatMap(({ pipelines }) => pipelines),
      notes: made.flatMap(({ notes }) => notes),
    }
  }

  async #headMoved(push: Push, project: Project, { ref, after }: RefChange): Promise<PushedPipelines> {
    const number = numberOf(ref)
    const { triggers } = this.#plane.stores
    const request = number === undefined ? undefined : await triggers.mergeRequest(project.id, number)
    if (request?.state !== 'open' || after === NO_COMMIT) return NOTHING
    if (request.head !== after) await triggers.moveHead(request.id, request.head, after)
    const told = await factsOf(this.#plane, project, request, after)
    if (!told) return { pipelines: [], notes: [`!${request.number}: its target ${request.target} is gone`] }
    const started = await this.#start(this.#plane, {
      project,
      ref,
      commit: after,
      event: 'merge_request',
      principal: push.principal,
      push: push.id,
      mergeRequest: told.facts,
      ...(told.base && { before: told.base }),
    })
    if (started.kind === 'pipeline') return { pipelines: [started.pipeline], notes: [] }
    return { pipelines: [], notes: [`!${request.number}: ${started.reason}`] }
  }

  async #merged(project: ProjectId, request: MergeRequest, target: CommitId): Promise<boolean> {
    const { stores, settings, clock } = this.#plane
    // That of another forge may not have come yet.
    const merged = await isAncestor(repositoryDirectory(settings, project), request.head, target).catch(
      (error: unknown) => {
        if (error instanceof GitError && error.code === 'COMMIT_UNKNOWN') return false
        throw error
      },
    )
    if (!merged) return false
    const change = { now: clock.now(), mergeCommit: target }
    return stores.triggers.moveMergeRequest(request.id, 'open', 'merged', change)
  }

  #refs(project: ProjectId) {
    return readRefs(repositoryDirectory(this.#plane.settings, project))
  }
}
