import {
  BallastError,
  boundary,
  type Closure,
  type Instant,
  type JobId,
  messageOf,
  newId,
  type RolloutId,
} from '../../core/index.ts'
import type { Job, Pipeline } from '../../pipeline/index.ts'
import {
  type Analysis,
  advance,
  beginRollout,
  endOfPause,
  isExperiment,
  type Rollout,
  type RolloutEvent,
  type StoredRollout,
  supersededIn,
} from '../../rollout/index.ts'
import { Background } from '../background.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { Previews } from '../delivery/previews/previews.ts'
import type { Deployer, PipelineReconciler } from '../pipelines/reconcile.ts'
import { SerialByKey } from '../serial.ts'
import { beginningOf, type RolloutOrigin } from './beginning.ts'
import { Calendars } from './calendars.ts'
import { changeTo, isMoved } from './change.ts'
import type { EvidenceKeeper } from './evidence/keeper.ts'
import { Experiments } from './experiments.ts'
import type { Fleet } from './fleet.ts'
import { JobFollower, previewJobOf } from './follow-job.ts'
import { formOf } from './forms.ts'
import type { Gateways } from './gateways.ts'
import { promotionOf } from './promotion.ts'
import type { Publisher } from './publisher.ts'
import { allReady, failureOf, isCandidateReady } from './readiness.ts'
import { recordOf } from './records/records.ts'
import { beyondShadow } from './shadow.ts'
import { sourceRefusal } from './sources.ts'

const LIVE = ['queued', 'preparing', 'progressing'] as const
/** Who decided, where an environment ends. */
const END_OF_PLACE = 'the stop of its environment'

/**
 * Moves rollouts on, one model and environment at a time: what hosts and gateways report, and what people ask,
 * becomes an event of the pure state machine in rollout/; its answer is stored, then published.
 */
export class RolloutReconciler implements Deployer {
  readonly #plane: ControlPlane
  readonly #fleet: Fleet
  readonly #publisher: Publisher
  readonly #gateways: Gateways
  readonly #pipelines: PipelineReconciler
  readonly #serial = new SerialByKey()
  readonly #background: Background
  readonly #beginning = new Set<JobId>()
  readonly #jobs: JobFollower
  readonly #experiments: Experiments
  readonly #calendars: Calendars
  readonly #evidence: EvidenceKeeper
  readonly #analyses = new Map<RolloutId, Analysis>()
  readonly #holding = new Map<RolloutId, string>()
  #previews: Previews | undefined

  constructor(
    plane: ControlPlane,
    fleet: Fleet,
    publisher: Publisher,
    gateways: Gateways,
    pipelines: PipelineReconciler,
    evidence: EvidenceKeeper,
  ) {
    this.#gateways = gateways
    this.#plane = plane
    this.#fleet = fleet
    this.#publisher = publisher
    this.#pipelines = pipelines
    this.#background = new Background(plane.logger)
    this.#jobs = new JobFollower(plane, pipelines)
    this.#experiments = new Experiments(plane, fleet, gateways)
    this.#calendars = new Calendars(plane)
    this.#evidence = evidence
  }

  previewWith(previews: Previews): void {
    this.#previews = previews
    this.#jobs.previewWith(previews)
  }

  /** When nothing that was begun is under way any more. */
  async settled(): Promise<void> {
    await this.#background.settled()
    await this.#serial.idle()
  }

  analysisOf(id: RolloutId): Analysis | undefined {
    return this.#analyses.get(id)
  }

  /** Why it does not move on now; kept in memory, as it changes with every request. */
  holdingReason(id: RolloutId): string | undefined {
    return this.#holding.get(id)
  }

  /** What calendar keeps it from moving on now. */
  closureOf(rollout: StoredRollout): Promise<Closure | undefined> {
    return this.#calendars.closure(rollout)
  }

  async begin(pipeline: Pipeline, job: Job): Promise<void> {
    if (this.#beginning.has(job.id)) return
    this.#beginning.add(job.id)
    try {
      await this.#begin(pipeline, job)
    } catch (error) {
      if (!(error instanceof BallastError)) throw error
      // Such as steps that no rollout can follow: it would be so at every further try.
      await this.#pipelines.move(job, 'running', 'errored', { reason: error.message })
    } finally {
      this.#beginning.delete(job.id)
    }
  }

  async goOn(job: Job): Promise<void> {
    const rollout = await this.#plane.stores.rollouts.byJob(job.id)
    // One of an earlier try says nothing of a job that waits anew, such as for its approval.
    const isOwn = job.startedAt !== undefined && rollout && rollout.createdAt >= job.startedAt
    if (isOwn && rollout.endedAt !== undefined) await this.#jobs.followEnd(rollout)
  }

  async #begin(pipeline: Pipeline, job: Job): Promise<void> {
    const { work } = job.plan
    if (work.kind !== 'deploy') return
    const existing = await this.#plane.stores.rollouts.byJob(job.id)
    // One that has ended was followed up to its end, but for a crash in between.
    if (existing && existing.createdAt >= (job.startedAt ?? 0)) return this.#jobs.followEnd(existing)
    const beginning = await beginningOf(this.#plane, pipeline, job, work.environment)
    if (beginning.kind === 'ended') {
      await this.#pipelines.move(job, 'running', beginning.state, { reason: beginning.reason })
      return
    }
    const { origin } = beginning
    const add = async () => {
      await this.#add(origin)
    }
    const preview = previewJobOf(pipeline, job)
    const refusal = preview ? await this.#previews?.begin(preview, add) : await add()
    if (refusal !== undefined) {
      await this.#pipelines.move(job, 'running', 'failed', { reason: refusal })
      return
    }
    const { model, environment } = origin
    // Not awaited: this may be called from within another queue's turn, and two that wait for each other never end.
    this.#background.run('a rollout could not begin', () => this.reconcile(model, environment))
  }

  /** Nothing of a model serves in an environment any more, and nothing is on its way there. */
  async remove(model: string, environment: string, why: string): Promise<void> {
    const { rollouts } = this.#plane.stores
    await this.serially(model, environment, async () => {
      for (const live of await rollouts.inPhases(LIVE))
        if (live.model === model && live.environment === environment)
          await this.apply(live, { kind: 'abort', by: END_OF_PLACE, reason: why })
      await rollouts.removeDeployment(model, environment, { at: this.#now(), by: END_OF_PLACE, reason: why })
      await this.#publisher.publish()
    })
    const table = this.#publisher.table
    if (table) await this.#gateways.caughtUp(table.revision)
  }

  /** Stores a new rollout, last in its queue, and moves the queue on. */
  async start(origin: RolloutOrigin): Promise<StoredRollout> {
    const rollout = await this.#add(origin)
    await this.reconcile(rollout.model, rollout.environment)
    return (await this.#plane.stores.rollouts.byId(rollout.id)) ?? rollout
  }

  async #add(origin: RolloutOrigin): Promise<StoredRollout> {
    const { model, environment, candidate, strategy, calendar, ...rest } = origin
    const request = { model, environment, candidate, strategy, ...(calendar && { calendar }) }
    const rollout: StoredRollout = {
      ...beginRollout({ id: newId('rollout'), ...request }, this.#now()),
      ...rest,
      revision: 1,
    }
    await this.#plane.stores.rollouts.add(rollout)
    boundary('rollout-added')
    this.#tell(rollout)
    return rollout
  }

  /** Looks at every queue; one that can't be moved on does not keep the others from it. */
  async reconcileAll(): Promise<void> {
    const live = await this.#plane.stores.rollouts.inPhases(LIVE)
    const queues = new Map(
      live.map(({ model, environment }) => [`${environment} ${model}`, { model, environment }]),
    )
    for (const { model, environment } of queues.values()) {
      await this.reconcile(model, environment).catch((error: unknown) =>
        this.#plane.logger.error(
          { model, environment, error: messageOf(error) },
          'rollouts could not be moved on',
        ),
      )
    }
  }

  reconcile(model: string, environment: string): Promise<void> {
    return this.serially(model, environment, () => this.#reconcile(model, environment))
  }

  /** Runs work of one model and environment, never interleaved with its reconciling. */
  serially<Result>(model: string, environment: string, work: () => Promise<Result>): Promise<Result> {
    return this.#serial.run(`${environment} ${model}`, work)
  }

  async #reconcile(model: string, environment: string): Promise<void> {
    for (;;) {
      const live = (await this.#plane.stores.rollouts.inPhases(LIVE)).filter(
        rollout => rollout.model === model && rollout.environment === environment,
      )
      const first = live[0]
      if (!first) return
      if (await this.#abortCanceled(live)) continue
      const superseded = supersededIn(live)
      if (superseded) {
        await this.apply(superseded.rollout, { kind: 'superseded', by: superseded.by })
        continue
      }
      const over = endOfPause(first, this.#now())
      if (over) {
        await this.apply(first, over)
        continue
      }
      const closure = await this.#calendars.closure(first)
      const event = await this.#nextEvent(first, closure)
      if (!event) this.#holding.delete(first.id)
      if (!event || !(await this.apply(first, event))) {
        await this.#jobs.follow(first, this.#analyses.get(first.id), keptBy(first, event))
        return
      }
    }
  }

  /** What happened to this rollout since it was last looked at; undefined when there is nothing to say. */
  async #nextEvent(rollout: StoredRollout, closure: Closure | undefined): Promise<RolloutEvent | undefined> {
    const closed: RolloutEvent | undefined = closure && { kind: 'closed', closure }
    if (rollout.phase === 'queued') {
      // What it comes from may have been rolled back while it waited.
      const refusal = await sourceRefusal(this.#plane, rollout)
      if (refusal !== undefined) return { kind: 'refused', reason: refusal }
      if (closed) return closed
      const deployment = await this.#plane.stores.rollouts.deployment(rollout.model, rollout.environment)
      return { kind: 'dequeued', ...(deployment && { stable: deployment.stable }) }
    }
    if (rollout.phase === 'preparing') return this.#preparation(rollout, closed)
    return this.#judgement(rollout, closed)
  }

  #preparation(rollout: StoredRollout, closed: RolloutEvent | undefined): RolloutEvent | undefined {
    const failed = failureOf(this.#fleet, rollout)
    if (failed) return failed
    // What served is gone already: no calendar makes that last longer.
    if (closed && rollout.strategy.kind !== 'recreate') return closed
    return allReady(this.#fleet, rollout) ? { kind: 'replicas-ready' } : undefined
  }

  /** A calendar keeps what is well from going on; what is not ends at any time. */
  async #judgement(
    rollout: StoredRollout,
    closed: RolloutEvent | undefined,
  ): Promise<RolloutEvent | undefined> {
    // What ran before this server started goes on; until a host has said what does, nothing is decided.
    if (this.#fleet.unknown) return undefined
    const { analysis, basis } = await this.#evidence.weigh(rollout)
    this.#analyses.set(rollout.id, analysis)
    const event = { kind: 'analysed', analysis, step: rollout.step, basis } as const
    if (analysis.verdict === 'failed') return event
    const failed = failureOf(this.#fleet, rollout)
    if (failed) return failed
    if (isExperiment(rollout.strategy)) {
      const look = await this.#experiments.look(rollout, rollout.strategy, analysis, closed)
      this.#analyses.set(rollout.id, look.analysis)
      return look.event
    }
    if (analysis.verdict !== 'passed') return event
    if (closed) return closed
    if (!isCandidateReady(this.#fleet, rollout)) return undefined
    return beyondShadow({ fleet: this.#fleet, publisher: this.#publisher }, rollout, event, this.#now())
  }

  /** Applies one event; false when it changed nothing. */
  async apply(rollout: StoredRollout, event: RolloutEvent): Promise<boolean> {
    const now = this.#now()
    const decided: Rollout = advance(rollout, event, now)
    const next = await this.#withForm(decided, event)
    if (!isMoved(rollout, next)) {
      if (next.reason !== undefined) this.#holding.set(rollout.id, next.reason)
      return false
    }
    const deployment = next.phase === 'promoted' ? await promotionOf(this.#plane, rollout) : undefined
    const known = this.#analyses.get(rollout.id)
    const change = changeTo(next, event, known, now)
    const decision = change.decision ?? { kind: 'checks' }
    const record = await recordOf(this.#plane, { from: rollout, event, to: next, at: now, decision, known })
    const { rollouts } = this.#plane.stores
    const stored = await rollouts.update(next, rollout.revision, change, deployment, record)
    if (!stored) return true
    boundary('rollout-updated')
    this.#holding.delete(rollout.id)
    if (next.endedAt !== undefined) {
      this.#jobs.forget(rollout.id)
      this.#analyses.delete(rollout.id)
    }
    await this.#publisher.publish()
    boundary('rollout-published')
    // Who reads that it was promoted may rely on it: the next request is answered by it.
    const table = this.#publisher.table
    if (next.phase === 'promoted' && table) await this.#gateways.caughtUp(table.revision)
    this.#tell(rollout)
    await this.#jobs.follow(
      { ...rollout, ...next, revision: rollout.revision + 1 },
      this.#analyses.get(rollout.id),
    )
    return true
  }

  /** Whoever reads that a version takes traffic reads in which form, and why it is not the one that was asked for. */
  async #withForm(next: Rollout, event: RolloutEvent): Promise<Rollout> {
    if (event.kind !== 'replicas-ready' && next.phase !== 'promoted') return next
    const form = await formOf(this.#plane, this.#fleet, next)
    return form === undefined ? next : { ...next, reason: [next.reason, form].filter(Boolean).join('; ') }
  }

  /** A rollout whose job was canceled ends, wherever in the queue it stands. */
  async #abortCanceled(live: readonly StoredRollout[]): Promise<boolean> {
    for (const rollout of live) {
      const job = rollout.job && (await this.#plane.stores.pipelines.job(rollout.job))
      if (job?.state === 'canceled')
        return this.apply(rollout, { kind: 'abort', by: 'cancellation of its job' })
    }
    return false
  }

  #tell(rollout: StoredRollout): void {
    this.#plane.changes.tell({
      kind: 'rollout',
      project: rollout.project,
      model: rollout.model,
      rollout: rollout.id,
    })
  }

  #now(): Instant {
    return this.#plane.clock.now()
  }
}

/** What keeps a rollout where it stands, for the job that follows it. */
function keptBy({ pause }: StoredRollout, event: RolloutEvent | undefined): string | undefined {
  if (pause) return `waits: its rollout was paused by ${pause.by}`
  return event?.kind === 'closed' ? 'waits for its time: a calendar keeps its rollout' : undefined
}
