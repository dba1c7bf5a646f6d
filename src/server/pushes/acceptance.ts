import type { Project } from '../../access/index.ts'
import { boundary, messageOf, newId, type PrincipalId, type PushId } from '../../core/index.ts'
import { NO_COMMIT, type RefChange, readRefs, updateRefs } from '../../git/index.ts'
import type { Push } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { PipelineReconciler } from '../pipelines/reconcile.ts'
import { createPipelines, type PushedPipelines } from '../pipelines/starting/create.ts'
import { repositoryDirectory } from '../repositories.ts'

/** What else comes of refs that moved. Repeating it makes nothing twice: after a crash it is asked again. */
export type PushFollower = (push: Push, project: Project) => Promise<PushedPipelines>

/** Refs that the server itself moves. */
export interface OwnMove {
  readonly project: Project
  /** With whose rights its pipelines run. */
  readonly principal: PrincipalId
  readonly changes: readonly RefChange[]
}

const NOTHING: PushedPipelines = { pipelines: [], notes: [] }

/**
 * Takes pushes from journalled to accepted: their pipelines, and what follows them. The server's own moves of refs
 * (a merge, a mirror) go the same way, so that a crash at any moment is repaired by the same journal.
 */
export class PushAcceptance {
  readonly #plane: ControlPlane
  readonly #pipelines: PipelineReconciler
  readonly #followers: PushFollower[] = []

  constructor(plane: ControlPlane, pipelines: PipelineReconciler) {
    this.#plane = plane
    this.#pipelines = pipelines
  }

  followWith(follower: PushFollower): void {
    this.#followers.push(follower)
  }

  /** Journals the changes and makes them, all or none. `moved elsewhere`: a ref was no longer at its `before`. */
  async move({ project, principal, changes }: OwnMove): Promise<PushedPipelines | 'moved elsewhere'> {
    const { stores, clock, settings } = this.#plane
    const push: Push = {
      id: newId('push'),
      project: project.id,
      principal,
      state: 'received',
      // The server's own refs are nobody's to see, and tell nothing about whether it happened.
      changes: changes.filter(({ ref }) => !ref.startsWith('refs/ballast/')),
      createdAt: clock.now(),
    }
    await stores.pipelines.addPush(push)
    boundary('push-journalled')
    const moved = await updateRefs(repositoryDirectory(settings, project.id), changes)
    if (moved === 'done') return this.accept(push.id)
    await stores.pipelines.movePush(push.id, 'received', 'refused')
    return moved
  }

  /** Once the refs have moved. */
  async accept(id: PushId): Promise<PushedPipelines> {
    const { pipelines, access } = this.#plane.stores
    const push = await pipelines.push(id)
    const project = push && (await access.project(push.project))
    if (!push || !project) return NOTHING
    boundary('refs-moved')
    const made = [await createPipelines(this.#plane, push, project)]
    for (const follow of this.#followers) made.push(await follow(push, project))
    boundary('pipelines-made')
    await pipelines.movePush(id, 'received', 'accepted')
    boundary('push-accepted')
    const all = made.flatMap(({ pipelines }) => pipelines)
    for (const pipeline of all) {
      this.#pipelines.tell(pipeline)
      await this.#pipelines.reconcile(pipeline.id)
    }
    return { pipelines: all, notes: made.flatMap(({ notes }) => notes) }
  }

  /** A push whose end nobody saw: its refs tell whether it happened. */
  async settle(id: PushId): Promise<void> {
    const { stores, settings } = this.#plane
    const push = await stores.pipelines.push(id)
    if (push?.state !== 'received') return
    const refs = await readRefs(repositoryDirectory(settings, push.project))
    const moved = push.changes.some(({ ref, after }) => (refs.get(ref) ?? NO_COMMIT) === after)
    if (moved) await this.accept(id)
    else await stores.pipelines.movePush(id, 'received', 'refused')
  }

  /** Pushes that were journalled when the server or git ended. */
  async settleAll(): Promise<void> {
    const { stores, logger } = this.#plane
    for (const push of await stores.pipelines.pushesIn('received')) {
      // A repository that can't be read must not keep the server from starting; the next start looks again.
      await this.settle(push.id).catch((error: unknown) =>
        logger.error({ push: push.id, error: messageOf(error) }, 'a push could not be settled'),
      )
    }
  }
}
