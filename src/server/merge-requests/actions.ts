import type { Principal, Project } from '../../access/index.ts'
import { type CommitId, newId } from '../../core/index.ts'
import { isAncestor, mergeTree, readRefs, writeCommit } from '../../git/index.ts'
import type { MergeRequest, Pipeline } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { conflict, notFound } from '../errors.ts'
import type { PushAcceptance } from '../pushes/acceptance.ts'
import { repositoryDirectory } from '../repositories.ts'
import { headRef } from './facts.ts'
import type { MergeRequestFollower } from './follow.ts'

/** Other merges of the same moment may move the target meanwhile; more in a row is something else. */
const MAX_TRIES = 5
/** Conflicts that are told by name. */
const MAX_SHOWN = 20
/** Reading all of them is the price of a list. */
const MAX_OPEN = 500

export interface MergeOptions {
  readonly method: 'fast-forward' | 'merge' | undefined
  /** Merges only if this is its head. */
  readonly head: CommitId | undefined
}

export type NewMergeRequest = Pick<
  MergeRequest,
  'title' | 'description' | 'source' | 'target' | 'needsSuccess' | 'draft' | 'labels'
>

/** What people do to merge requests. Who may is asked before. */
export class MergeRequestActions {
  readonly #plane: ControlPlane
  readonly #pushes: PushAcceptance
  readonly #follower: MergeRequestFollower

  constructor(plane: ControlPlane, pushes: PushAcceptance, follower: MergeRequestFollower) {
    this.#plane = plane
    this.#pushes = pushes
    this.#follower = follower
  }

  /** Throws NOT_FOUND for a branch, STATE_CONFLICT where there is nothing to merge or one is open already. */
  async create(project: Project, author: Principal, content: NewMergeRequest): Promise<MergeRequest> {
    const { source, target } = content
    const [head, onto] = [await this.#branch(project, source), await this.#branch(project, target)]
    if (await isAncestor(this.#directory(project), head, onto))
      throw conflict(`${target} has all that is on ${source}`, 'Push a commit to it first.')
    const open = await this.#plane.stores.triggers.openMergeRequests(project.id)
    const same = open.find(other => other.source === source && other.target === target)
    if (same) throw conflict(`!${same.number} is open for ${source} into ${target}`, 'Push to its branch.')
    if (open.length >= MAX_OPEN)
      throw conflict(`${project.name} has ${open.length} open merge requests`, 'Close some.')
    const request = await this.#plane.stores.triggers.addMergeRequest({
      id: newId('mergeRequest'),
      project: project.id,
      state: 'open',
      head,
      author: author.id,
      createdAt: this.#plane.clock.now(),
      ...content,
    })
    await this.#follower.sync(project, request, author.id)
    return request
  }

  /**
   * Brings its head into its target, with a push of the server's own. Throws STATE_CONFLICT, saying what is in the
   * way: it is not open, a draft, its pipeline, conflicts (their paths in `details`), a head that moved on.
   */
  async merge(project: Project, request: MergeRequest, by: Principal, options: MergeOptions): Promise<void> {
    await this.#checkMergeable(project, request, options)
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const target = await this.#branch(project, request.target)
      const after = await this.#mergedCommit(project, request, target, by, options.method)
      const change = { ref: `refs/heads/${request.target}`, before: target, after }
      const moved = await this.#pushes.move({ project, principal: by.id, changes: [change] })
      if (moved !== 'moved elsewhere') return
    }
    throw conflict(`${request.target} moves all the time`, 'Try again.')
  }

  async close(request: MergeRequest): Promise<void> {
    const now = this.#plane.clock.now()
    if (!(await this.#plane.stores.triggers.moveMergeRequest(request.id, 'open', 'closed', { now })))
      throw conflict(`!${request.number} is ${request.state}`, 'Only an open one is closed.')
  }

  /** The newest pipeline of its head: its own, else its branch's. */
  async pipelineOf(request: MergeRequest): Promise<Pipeline | undefined> {
    const { triggers, pipelines } = this.#plane.stores
    const own = headRef(request)
    const refs = [own, `refs/heads/${request.source}`]
    const found = await triggers.pipelinesOf(request.project, request.head, refs)
    const newest = found.find(({ ref }) => ref === own) ?? found[0]
    return newest && pipelines.pipeline(newest.id)
  }

  /** Paths that both sides changed; undefined where one of the branches is gone. */
  async conflicts(project: Project, request: MergeRequest): Promise<readonly string[] | undefined> {
    const target = (await readRefs(this.#directory(project))).get(`refs/heads/${request.target}`)
    if (!target) return undefined
    const merged = await mergeTree(this.#directory(project), target, request.head)
    return merged.kind === 'conflicts' ? merged.files.slice(0, MAX_SHOWN) : []
  }

  async #checkMergeable(project: Project, request: MergeRequest, { head }: MergeOptions): Promise<void> {
    const name = `!${request.number}`
    if (request.state !== 'open') throw conflict(`${name} is ${request.state}`, 'Only an open one is merged.')
    if (request.external)
      throw conflict(`${name} is ${request.external}: it is merged there`, 'Its branches follow that forge.')
    if (request.draft) throw conflict(`${name} is a draft`, 'Say that it is ready first.')
    if (head !== undefined && head !== request.head)
      throw conflict(`The head of ${name} is ${request.head}`, 'Look at what was pushed since.')
    const source = (await readRefs(this.#directory(project))).get(`refs/heads/${request.source}`)
    if (source && source !== request.head)
      throw conflict(`${request.source} has just moved on to ${source}`, 'Look at it, and try again.')
    if (!request.needsSuccess) return
    const pipeline = await this.pipelineOf(request)
    if (pipeline?.state !== 'succeeded')
      throw conflict(
        `${name} merges once its pipeline has succeeded: ${pipeline ? `#${pipeline.number} is ${pipeline.state}` : 'there is none'}`,
        'Wait for it, or retry its jobs.',
      )
  }

  async #mergedCommit(
    project: Project,
    request: MergeRequest,
    target: CommitId,
    by: Principal,
    method: MergeOptions['method'],
  ): Promise<CommitId> {
    const directory = this.#directory(project)
    if (method !== 'merge' && (await isAncestor(directory, target, request.head))) return request.head
    if (method === 'fast-forward')
      throw conflict(
        `${request.target} has moved on since ${request.source} left it`,
        'Rebase the branch, or make a merge commit.',
      )
    const merged = await mergeTree(directory, target, request.head)
    if (merged.kind === 'conflicts')
      throw conflict(
        `${request.source} and ${request.target} both changed ${merged.files.slice(0, MAX_SHOWN).join(', ')}`,
        `Merge ${request.target} into ${request.source} by hand, and push it.`,
      )
    return writeCommit(directory, {
      tree: merged.tree,
      parents: [target, request.head],
      message: `Merge branch '${request.source}' into '${request.target}'\n\n${request.title}\n\nSee merge request ${project.name}!${request.number}\n`,
      author: { name: by.name, email: `${by.name}@localhost` },
    })
  }

  /** Throws NOT_FOUND. */
  async #branch(project: Project, name: string): Promise<CommitId> {
    const commit = (await readRefs(this.#directory(project))).get(`refs/heads/${name}`)
    if (!commit) throw notFound('branch', name.slice(0, 100))
    return commit
  }

  #directory(project: Project): string {
    return repositoryDirectory(this.#plane.settings, project.id)
  }
}
