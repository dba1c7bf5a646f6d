import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hasRole, type Project } from '../../access/index.ts'
import { type CommitId, messageOf, type ProjectId } from '../../core/index.ts'
import {
  fetchRemote,
  isAncestor,
  type LfsPartials,
  NO_COMMIT,
  ownRefs,
  type RefChange,
  type Remote,
  readRefs,
  updateRefs,
} from '../../git/index.ts'
import type { Mirror } from '../../pipeline/index.ts'
import type { Background } from '../background.ts'
import type { ControlPlane } from '../control-plane.ts'
import { conflict, type ServerError } from '../errors.ts'
import type { MergeRequestFollower } from '../merge-requests/follow.ts'
import type { PushAcceptance } from '../pushes/acceptance.ts'
import { repositoryDirectory } from '../repositories.ts'
import { allowances, pin, readAddress } from './address.ts'
import { basic, openCredentials } from './credentials.ts'
import { fetchObjects } from './lfs/fetch-objects.ts'
import { type MirrorPlan, planMirror } from './plan.ts'
import { removeSshFiles, withSshFiles } from './ssh-files.ts'

const FETCHED = 'refs/ballast/fetched/'
const MIRRORED = 'refs/ballast/mirrored/'
/** Each may start a pipeline: more at once are a history that is taken over, not news. */
const MAX_NEWS = 50
/** Where no webhook comes through, the remote is asked this often. */
const POLL_MS = 10 * 60_000
const FIRST_RETRY_MS = 30_000
const LAST_RETRY_MS = 30 * 60_000
/** Packs and unpacks: a core each. */
const MAX_AT_ONCE = 2
const MAX_OUTCOME = 500

/**
 * Brings projects in step with their remotes. What is due stays due in the store until it is done, so a crash loses
 * nothing; own and mirrored refs move in one transaction, so that what was taken over is always known.
 */
export class MirrorSync {
  readonly #plane: ControlPlane
  readonly #pushes: PushAcceptance
  readonly #follower: MergeRequestFollower
  readonly #partials: LfsPartials
  readonly #background: Background
  readonly #running = new Set<ProjectId>()
  readonly #stop = new AbortController()
  /** After failures: how many, and when to try again. */
  readonly #failed = new Map<ProjectId, { readonly times: number; readonly next: number }>()

  constructor(
    plane: ControlPlane,
    pushes: PushAcceptance,
    follower: MergeRequestFollower,
    partials: LfsPartials,
    background: Background,
  ) {
    this.#partials = partials
    this.#plane = plane
    this.#pushes = pushes
    this.#follower = follower
    this.#background = background
  }

  /** What a crash left: keys must not lie about. */
  async prepare(): Promise<void> {
    const { dataDir } = this.#plane.settings
    await removeSshFiles(dataDir, await readdir(join(dataDir, 'run')))
  }

  /** Begins what is due, as far as there is room; does not wait for it. */
  async tick(): Promise<void> {
    if (this.#stop.signal.aborted) return
    const { triggers } = this.#plane.stores
    const now = this.#plane.clock.now()
    for (const mirror of await triggers.mirrors()) {
      if (this.#running.size >= MAX_AT_ONCE) return
      if (this.#running.has(mirror.project)) continue
      const old = mirror.syncedAt !== undefined && mirror.syncedAt + POLL_MS <= now
      if (mirror.wanted <= mirror.done && !old) continue
      if ((this.#failed.get(mirror.project)?.next ?? 0) > now) continue
      this.#running.add(mirror.project)
      this.#background.run('a mirror could not be synchronised', () =>
        this.#run(mirror).finally(() => this.#running.delete(mirror.project)),
      )
    }
  }

  /** Ends what runs; it is due still. */
  stop(): void {
    this.#stop.abort()
  }

  /** Somebody asks: failures of before do not hold it back. */
  async want(project: ProjectId): Promise<void> {
    this.#failed.delete(project)
    await this.#plane.stores.triggers.wantSync(project)
  }

  async #run(mirror: Mirror): Promise<void> {
    const { stores, clock, logger } = this.#plane
    const { project: id, wanted, done } = mirror
    try {
      const outcome = (await this.synchronise(mirror)).slice(0, MAX_OUTCOME)
      this.#failed.delete(id)
      await stores.triggers.endSync(id, wanted, outcome, clock.now())
    } catch (error) {
      if (this.#stop.signal.aborted) return
      const times = (this.#failed.get(id)?.times ?? 0) + 1
      const wait = Math.min(FIRST_RETRY_MS * 2 ** (times - 1), LAST_RETRY_MS)
      this.#failed.set(id, { times, next: clock.now() + wait })
      logger.warn({ project: id, error: messageOf(error) }, 'a mirror could not be synchronised')
      // Still due: `done` stays what it was.
      const outcome = `failed: ${messageOf(error).slice(0, MAX_OUTCOME)}`
      await stores.triggers.endSync(id, done, outcome, clock.now())
    }
  }

  /** Gives what came of it, one line. Throws what git and the network say. */
  async synchronise(mirror: Mirror): Promise<string> {
    const { stores, settings } = this.#plane
    const project = await stores.access.project(mirror.project)
    if (!project) return 'its project is gone'
    const owner = await stores.access.principal(mirror.owner)
    const role = owner?.admin ? 'admin' : await stores.access.roleOf(mirror.owner, project.id)
    if (!hasRole(role, 'maintainer'))
      return `not synchronised: ${owner?.name ?? 'its owner'}, who set it, is no maintainer of ${project.name} any more`
    const directory = repositoryDirectory(settings, project.id)
    await this.#fetch(mirror, directory)
    const [fetched, mirrored] = [await ownRefs(directory, FETCHED), await ownRefs(directory, MIRRORED)]
    const own = new Map([...(await readRefs(directory))].map(([ref, id]) => [ref.slice('refs/'.length), id]))
    const plan = await planMirror({
      fetched,
      mirrored,
      own,
      defaultBranch: project.defaultBranch,
      isAncestor: (one, other) => isAncestor(directory, one, other),
    })
    const first = mirrored.size === 0
    // Before anything moves: what a pipeline reads is there when it starts.
    const files = await this.#fetchFiles(mirror, project, tipsOf(plan, project, own, first))
    const told = await this.#move(mirror, project, plan, first)
    for (const request of await stores.triggers.openMergeRequests(project.id))
      if (request.external) await this.#follower.sync(project, request, mirror.owner)
    return [told, ...(files === undefined ? [] : [files]), ...plan.kept].join('; ')
  }

  /** What Git LFS keeps of these commits; by HTTP alone. */
  async #fetchFiles(
    mirror: Mirror,
    project: Project,
    commits: readonly CommitId[],
  ): Promise<string | undefined> {
    if (!/^https?:/.test(mirror.url)) return undefined
    const { stores, settings, vault } = this.#plane
    const allowed = await allowances(stores.settings)
    const credentials = await openCredentials(vault, mirror)
    return fetchObjects(this.#plane, this.#partials, {
      project: project.id,
      principal: mirror.owner,
      directory: repositoryDirectory(settings, project.id),
      commits,
      origin: { url: mirror.url, ...(credentials?.token && { authorization: basic(credentials) }) },
      asking: { allowed, signal: this.#stop.signal },
    })
  }

  async #fetch(mirror: Mirror, directory: string): Promise<void> {
    const { stores, vault } = this.#plane
    const allowed = await allowances(stores.settings)
    const remote = await pin(readAddress(mirror.url, allowed), allowed)
    const credentials = await openCredentials(vault, mirror)
    const fetch = (more: Pick<Remote, 'authorization' | 'ssh'>) =>
      fetchRemote(directory, { ...remote, ...more }, FETCHED, this.#stop.signal)
    if (remote.protocol === 'file') return fetch({})
    if (remote.protocol !== 'ssh')
      return fetch(credentials?.token ? { authorization: basic(credentials) } : {})
    if (!credentials?.ssh) throw conflict('There is no key for ssh', 'Set the mirror again, with one.')
    return withSshFiles(this.#plane.settings.dataDir, credentials.ssh, ssh => fetch({ ssh }))
  }

  /** What is news starts pipelines; a history that is taken over starts that of the default branch alone. */
  async #move(mirror: Mirror, project: Project, { moves }: MirrorPlan, first: boolean): Promise<string> {
    if (moves.length === 0) return 'nothing moved'
    const directory = repositoryDirectory(this.#plane.settings, project.id)
    const isMain = ({ own }: MirrorPlan['moves'][number]) =>
      own?.ref === `refs/heads/${project.defaultBranch}`
    const quietly = first || moves.length > MAX_NEWS
    const isGone = ({ own }: MirrorPlan['moves'][number]) => own?.after === NO_COMMIT
    // What goes makes room for what comes: `topic` for `topic/one`.
    const gone = moves.filter(isGone)
    const silent = moves.filter(move => !isGone(move) && (!move.own || (quietly && !isMain(move))))
    const news = moves.filter(move => move.own && !gone.includes(move) && !silent.includes(move))
    for (const part of [gone, silent])
      if (part.length > 0 && (await updateRefs(directory, part.flatMap(changesOf))) !== 'done')
        throw movedMeanwhile(project)
    const changes = news.flatMap(changesOf)
    const moved =
      changes.length === 0
        ? undefined
        : await this.#pushes.move({ project, principal: mirror.owner, changes })
    if (moved === 'moved elsewhere') throw movedMeanwhile(project)
    const count = moves.filter(({ own }) => own !== undefined).length
    const pipelines = moved?.pipelines.length ?? 0
    return `${count} ${count === 1 ? 'ref' : 'refs'} moved, ${pipelines} ${pipelines === 1 ? 'pipeline' : 'pipelines'}`
  }
}

/**
 * The commits whose files are wanted: where branches and tags move to, and the default branch, of which something may
 * lack since before. Of a history that is taken over, its branches alone.
 */
function tipsOf(
  { moves }: MirrorPlan,
  { defaultBranch }: Project,
  own: ReadonlyMap<string, CommitId>,
  first: boolean,
): readonly CommitId[] {
  const moved = moves.flatMap(({ own: change }) =>
    change && change.after !== NO_COMMIT && !(first && change.ref.startsWith('refs/tags/')) ? [change] : [],
  )
  const main = moved.find(({ ref }) => ref === `refs/heads/${defaultBranch}`)?.after
  const standing = main ?? own.get(`heads/${defaultBranch}`)
  const tips = [...(standing ? [standing] : []), ...moved.map(({ after }) => after)]
  return [...new Set(tips)].slice(0, MAX_NEWS)
}

function movedMeanwhile({ name }: Project): ServerError {
  return conflict(`A branch of ${name} was pushed to meanwhile`, 'It is tried again.')
}

function changesOf({ own, mirrored }: MirrorPlan['moves'][number]): readonly RefChange[] {
  return [...(own ? [own] : []), ...(mirrored ? [mirrored] : [])]
}
