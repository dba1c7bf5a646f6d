import {
  hasRole,
  isProtectedRef,
  isTriggerVariable,
  type Project,
  parseProjectName,
} from '../../access/index.ts'
import { BallastError, boundary, messageOf, newId, type PushId } from '../../core/index.ts'
import { type GitHost, NO_COMMIT, type ReceivedPush } from '../../git/index.ts'
import { type Push, readPushOptions } from '../../pipeline/index.ts'
import type { Authenticator, Caller } from '../access/authenticate.ts'
import type { RateLimit } from '../access/rate-limit.ts'
import type { ControlPlane } from '../control-plane.ts'
import { isJobToken, readerOf } from '../pipelines/secrets/job-token.ts'
import { createProject } from '../projects.ts'
import { lfsRefusal } from '../registry/lfs/check-push.ts'
import { repositoryDirectory } from '../repositories.ts'
import type { PushAcceptance } from './acceptance.ts'
import { adviceFor } from './advice.ts'
import { followPush } from './follow.ts'

export interface GitHostParts {
  readonly plane: ControlPlane
  readonly authenticator: Authenticator
  readonly logins: RateLimit
  readonly pushes: PushAcceptance
}

/** The control plane as Git's front door sees it: rights, the journal of pushes, and the lines a push prints. */
export class ControlPlaneGitHost implements GitHost {
  readonly #parts: GitHostParts

  constructor(parts: GitHostParts) {
    this.#parts = parts
  }

  authorize: GitHost['authorize'] = async ({ repository, token, access }) => {
    const { plane, authenticator } = this.#parts
    if (token !== undefined && isJobToken(token)) return this.#jobReads(repository, token, access)
    const caller = token === undefined ? undefined : await authenticator.caller(token)
    if (!caller) return { kind: 'unauthenticated' }
    const right = access === 'read' ? 'project.read' : 'project.push'
    const project =
      (await plane.stores.access.projectByName(repository)) ??
      (access === 'write' ? await this.#firstPush(caller, repository) : undefined)
    if (
      !project ||
      typeof project === 'string' ||
      !(
        (await authenticator.may(caller, right, project)) ||
        (await authenticator.may(caller, 'project.read', project))
      )
    ) {
      const why =
        typeof project === 'string'
          ? project
          : `There is no repository '${repository}', or it is not yours to see.`
      return {
        kind: 'refused',
        message: why,
        hint: 'Make it with `ballast project create`, or push with a token that may.',
      }
    }
    if (!(await authenticator.may(caller, right, project))) {
      return {
        kind: 'refused',
        message: `${caller.principal.name} may not push to ${project.name}.`,
        hint: 'It takes the role developer and a token with the scope push.',
      }
    }
    return {
      kind: 'granted',
      project: project.id,
      principal: caller.principal.id,
      directory: repositoryDirectory(plane.settings, project.id),
    }
  }

  /** A job's own commands: `https://ci-token:$CI_JOB_TOKEN@…/team/digits.git`. */
  async #jobReads(
    repository: string,
    token: string,
    access: 'read' | 'write',
  ): Promise<Awaited<ReturnType<GitHost['authorize']>>> {
    const { plane } = this.#parts
    const reader = await readerOf(plane, token)
    if (!reader) return { kind: 'unauthenticated' }
    const project = await plane.stores.access.projectByName(repository)
    if (project?.id === reader.project && access === 'read')
      return { kind: 'granted', ...reader, directory: repositoryDirectory(plane.settings, reader.project) }
    return {
      kind: 'refused',
      message: `A job reads the repository of its own project alone, not '${repository}'.`,
      hint: 'Give the job a token of its own, as a secret.',
    }
  }

  /** A first push makes the repository, where its sender may make projects. */
  async #firstPush(caller: Caller, name: string): Promise<Project | string | undefined> {
    const { plane, authenticator } = this.#parts
    if (!(await authenticator.may(caller, 'project.create'))) return undefined
    try {
      return await createProject(plane, parseProjectName(name), caller.principal)
    } catch (error) {
      if (error instanceof BallastError && error.code === 'PROJECT_EXISTS')
        return plane.stores.access.projectByName(name)
      if (error instanceof BallastError) return error.message
      throw error
    }
  }

  preReceive: GitHost['preReceive'] = async received => {
    const refusal = await this.#refusal(received)
    if (refusal !== undefined) return { kind: 'refused', message: refusal }
    const read = readPushOptions(received.options, isTriggerVariable)
    if (read.kind === 'refused') return read
    const { plane } = this.#parts
    const lacking = await lfsRefusal(plane, received)
    if (lacking !== undefined) return { kind: 'refused', message: lacking }
    const push: Push = {
      id: newId('push'),
      project: received.project,
      principal: received.principal,
      state: 'received',
      changes: received.changes,
      ...(read.options && { options: read.options }),
      createdAt: plane.clock.now(),
    }
    await plane.stores.pipelines.addPush(push)
    boundary('push-journalled')
    return { kind: 'accepted', push: push.id }
  }

  /**
   * Protected refs are deployed from and reach the project's secrets: only a maintainer pushes to them, rewrites or
   * deletes them, and nobody deletes the default branch. Everybody else pushes branches.
   */
  async #refusal({ project: id, principal: by, changes }: ReceivedPush): Promise<string | undefined> {
    const { access } = this.#parts.plane.stores
    const project = await access.project(id)
    const principal = await access.principal(by)
    if (!project || !principal) return 'The project is gone.'
    const guarded = `refs/heads/${project.defaultBranch}`
    const role = principal.admin ? 'admin' : await access.roleOf(by, id)
    for (const { ref, after } of changes) {
      if (!ref.startsWith('refs/heads/') && !ref.startsWith('refs/tags/'))
        return `${ref}: only branches and tags are taken.`
      if (!isProtectedRef(project, ref)) continue
      if (ref === guarded && after === NO_COMMIT)
        return `${project.defaultBranch} is the default branch and is not deleted.`
      if (!hasRole(role, 'maintainer')) {
        const name = ref.replace(/^refs\/(heads|tags)\//, '')
        return `${name} is protected: only a maintainer pushes to it. Push a branch, and have a maintainer take it over.`
      }
    }
    return undefined
  }

  postReceive: GitHost['postReceive'] = (push, signal) => this.#accepted(push, signal)

  async *#accepted(id: PushId, signal: AbortSignal): AsyncIterable<string> {
    const { plane, pushes } = this.#parts
    const { pipelines, notes } = await pushes.accept(id)
    yield* notes
    yield* await this.#advice(id)
    if (pipelines.length > 0) yield* followPush(plane, pipelines, signal)
  }

  /** Good advice is worth no push: what goes wrong with it stays in the log. */
  async #advice(id: PushId): Promise<readonly string[]> {
    const { plane } = this.#parts
    try {
      const push = await plane.stores.pipelines.push(id)
      const project = push && (await plane.stores.access.project(push.project))
      if (!push || !project) return []
      return await adviceFor(
        repositoryDirectory(plane.settings, project.id),
        project.defaultBranch,
        push.changes,
      )
    } catch (error) {
      plane.logger.warn({ push: id, reason: messageOf(error) }, 'a push got no advice')
      return []
    }
  }

  pushEnded = async (id: PushId): Promise<void> => this.#parts.pushes.settle(id)
}
