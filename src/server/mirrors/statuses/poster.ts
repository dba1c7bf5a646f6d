import { type Instant, messageOf, type PipelineId, type ProjectId } from '../../../core/index.ts'
import { type ForgeStatus, hasEnded, type Pipeline } from '../../../pipeline/index.ts'
import type { Background } from '../../background.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { shortRef } from '../../triggers/refs.ts'
import { allowances } from '../address.ts'
import { openCredentials } from '../credentials.ts'
import { type Posted, post } from './post.ts'
import { forgeState, type StatusFacts, statusRequest } from './requests.ts'

/** What these are of is at the forge; a schedule's or a person's pipeline is nobody's business there. */
const EVENTS = ['push', 'tag', 'merge_request']
const MAX_AT_ONCE = 20
const FIRST_RETRY_MS = 10_000
const LAST_RETRY_MS = 60 * 60_000
/** Half a day of trying. */
const MAX_TRIES = 20
/** Of each mirrored project, at a start: what moved while nobody looked. */
const LOOKED_AT = 50

/**
 * Tells forges what becomes of pipelines. What is to be told is stored before it is sent, and sent until it was
 * taken: a crash loses nothing, and telling the same twice changes nothing at the forge.
 */
export class StatusPoster {
  readonly #plane: ControlPlane
  readonly #background: Background
  #sending = false

  constructor(plane: ControlPlane, background: Background) {
    this.#plane = plane
    this.#background = background
  }

  /** What moved while the server was down; from then on, what changes. Gives the end of it. */
  async start(): Promise<() => void> {
    const { triggers, pipelines } = this.#plane.stores
    for (const { project, statuses } of await triggers.mirrors()) {
      if (!statuses) continue
      for (const pipeline of await pipelines.pipelines(project, { limit: LOOKED_AT }))
        await this.#look(pipeline)
    }
    return this.#plane.changes.on(({ change }) => {
      if (change.kind !== 'pipeline') return
      this.#background.run('the status of a pipeline could not be told', () =>
        this.#changed(change.pipeline as PipelineId, change.project as ProjectId),
      )
    })
  }

  /** Sends what is due; while one tick sends, the next does nothing. */
  async tick(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    try {
      await this.#sendDue()
    } finally {
      this.#sending = false
    }
  }

  async #sendDue(): Promise<void> {
    const due = await this.#plane.stores.triggers.dueStatuses(this.#plane.clock.now(), MAX_AT_ONCE)
    await Promise.all(due.map(({ pipeline }) => this.#send(pipeline)))
  }

  async #changed(id: PipelineId, project: ProjectId): Promise<void> {
    const mirror = await this.#plane.stores.triggers.mirror(project)
    const pipeline = mirror?.statuses ? await this.#plane.stores.pipelines.pipeline(id) : undefined
    if (pipeline) await this.#look(pipeline)
  }

  async #look(pipeline: Pipeline): Promise<void> {
    const { stores, clock } = this.#plane
    if (pipeline.trigger && !EVENTS.includes(pipeline.trigger.event)) return
    const states = await stores.pipelines.jobStates(pipeline.id)
    const begun = states.some(({ state }) => state === 'running' || state === 'waiting' || hasEnded(state))
    const wanted = forgeState(pipeline.state, begun)
    await stores.triggers.wantStatus(
      { pipeline: pipeline.id, project: pipeline.project, wanted },
      clock.now(),
    )
  }

  async #send(id: PipelineId): Promise<void> {
    const { stores, clock } = this.#plane
    const status = await stores.triggers.status(id)
    if (status?.nextTryAt === undefined || status.nextTryAt > clock.now()) return
    const posted = await this.#post(status).catch(
      (error: unknown): Posted => ({ kind: 'failed', problem: messageOf(error) }),
    )
    if (posted.kind === 'posted') return stores.triggers.statusPosted(id, status.wanted)
    const tries = status.tries + 1
    const given = posted.kind === 'refused' || tries >= MAX_TRIES
    const wait = Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LAST_RETRY_MS)
    this.#plane.logger.warn({ pipeline: id, problem: posted.problem, given }, 'a status was not taken')
    const next = given ? undefined : ((clock.now() + wait) as Instant)
    await stores.triggers.statusFailed(id, status.wanted, posted.problem.slice(0, 500), next)
  }

  async #post(status: ForgeStatus): Promise<Posted> {
    const { stores, vault } = this.#plane
    const mirror = await stores.triggers.mirror(status.project)
    const pipeline = await stores.pipelines.pipeline(status.pipeline)
    if (!mirror?.statuses || !pipeline) return { kind: 'refused', problem: 'the mirror is gone' }
    const credentials = await openCredentials(vault, mirror)
    if (!credentials?.token) return { kind: 'refused', problem: 'the mirror has no token for statuses' }
    const request = statusRequest(mirror, credentials, this.#factsOf(pipeline, status))
    if (!request) return { kind: 'refused', problem: `${mirror.url} names no repository of ${mirror.forge}` }
    return post(request, await allowances(stores.settings))
  }

  #factsOf(pipeline: Pipeline, { wanted }: ForgeStatus): StatusFacts {
    const event = pipeline.trigger?.event ?? 'push'
    return {
      commit: pipeline.commit,
      state: wanted,
      context: event === 'push' ? 'ballast' : `ballast/${event.replace('_', '-')}`,
      ref: pipeline.trigger?.mergeRequest?.sourceBranch ?? shortRef(pipeline.ref),
      url: `${this.#plane.settings.publicUrl}/pipelines/${pipeline.id}`,
      description: `Pipeline #${pipeline.number}: ${WORDS[wanted]}`,
    }
  }
}

const WORDS: Readonly<Record<ForgeStatus['wanted'], string>> = {
  pending: 'is to begin',
  running: 'runs',
  success: 'succeeded',
  failure: 'failed',
  canceled: 'was canceled',
}
