import {
  boundary,
  type Instant,
  type JobId,
  newId,
  type RolloutId,
  type VersionId,
} from '../../core/index.ts'
import type { Job, Pipeline } from '../../pipeline/index.ts'
import {
  type Analysis,
  advance,
  analyse,
  beginRollout,
  type Deployment,
  NO_COUNTS,
  type Rollout,
  type RolloutEvent,
  type StoredRollout,
  type Strategy,
} from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { configOf } from '../pipelines/config.ts'
import { boundFor } from '../pipelines/policy.ts'
import type { Deployer, PipelineReconciler } from '../pipelines/reconcile.ts'
import { stageResult, storeResult } from '../pipelines/results.ts'
import { SerialByKey } from '../serial.ts'
import type { Fleet } from './fleet.ts'
import type { Publisher } from './publisher.ts'
import { baselineReplica, mainReplica, needsBaseline } from './wanted.ts'

const LIVE = ['queued', 'preparing', 'progressing'] as const
/** A canary that has seen no request for this long waits for evidence, and says so. */
const QUIET_MS = 10_000

/**
 * Moves rollouts on, one model and environment at a time: what hosts and gateways report, and what people ask,
 * becomes an event of the pure state machine in rollout/; its answer is stored, then published.
 */
export class RolloutReconciler implements Deployer {
  readonly #plane: ControlPlane
  readonly #fleet: Fleet
  readonly #publisher: Publisher
  readonly #pipelines: PipelineReconciler
  readonly #serial = new SerialByKey()
  readonly #beginning = new Set<JobId>()
  readonly #analyses = new Map<RolloutId, Analysis>()
  readonly #holding = new Map<RolloutId, string>()
  readonly #lastEvidence = new Map<RolloutId, { readonly requests: number; readonly at: Instant }>()

  constructor(plane: ControlPlane, fleet: Fleet, publisher: Publisher, pipelines: PipelineReconciler) {
    this.#plane = plane
    this.#fleet = fleet
    this.#publisher = publisher
    this.#pipelines = pipelines
  }

  analysisOf(id: RolloutId): Analysis | undefined {
    return this.#analyses.get(id)
  }

  /** Why it does not move on now; kept in memory, as it changes with every request. */
  holdingReason(id: RolloutId): string | undefined {
    return this.#holding.get(id)
  }

  async begin(pipeline: Pipeline, job: Job): Promise<void> {
    if (this.#beginning.has(job.id)) return
    this.#beginning.add(job.id)
    try {
      await this.#begin(pipeline, job)
    } finally {
      this.#beginning.delete(job.id)
    }
  }

  async #begin(pipeline: Pipeline, job: Job): Promise<void> {
    const { work } = job.plan
    if (work.kind !== 'deploy') return
    const existing = await this.#plane.stores.rollouts.byJob(job.id)
    if (existing && existing.createdAt >= (job.startedAt ?? 0)) return
    const jobs = await this.#plane.stores.pipelines.jobs(pipeline.id)
    const version = stageResult(jobs, 'register')?.version
    const serving = await this.#plane.stores.rollouts.deployment(
      configOf(pipeline)!.repository.model.name,
      work.environment,
    )
    if (version && serving?.stable === version.id) {
      await this.#pipelines.move(job, 'running', 'succeeded', { reason: `v${version.number} serves already` })
      return
    }
    if (!version) {
      await this.#pipelines.move(job, 'running', 'errored', { reason: 'No version was registered before it' })
      return
    }
    const principal = await this.#plane.stores.access.principal(pipeline.principal)
    const model = configOf(pipeline)!.repository.model.name
    await this.start({
      model,
      environment: work.environment,
      candidate: version.id as VersionId,
      strategy: await this.#strategyOf(pipeline, work.environment),
      project: pipeline.project,
      job: job.id,
      by: principal?.name ?? 'unknown',
    })
  }

  async #strategyOf(pipeline: Pipeline, environment: string): Promise<Strategy> {
    const project = (await this.#plane.stores.access.project(pipeline.project))!
    const request = configOf(pipeline)!.repository.environments.find(({ name }) => name === environment)!
    const branch = pipeline.ref.replace(/^refs\/heads\//, '')
    const { bounded } = await boundFor(this.#plane, project, request, branch)
    const { strategy, steps } = bounded.allowed ? bounded : request
    return strategy === 'immediate'
      ? { kind: 'immediate' }
      : { kind: 'canary', steps, analysis: request.analysis }
  }

  /** Stores a new rollout, last in its queue, and moves the queue on. */
  async start(
    origin: Pick<StoredRollout, 'model' | 'environment' | 'candidate' | 'strategy' | 'project' | 'by'> & {
      readonly job?: JobId
    },
  ): Promise<StoredRollout> {
    const { model, environment, candidate, strategy, ...rest } = origin
    const rollout: StoredRollout = {
      ...beginRollout({ id: newId('rollout'), model, environment, candidate, strategy }, this.#now()),
      ...rest,
      revision: 1,
    }
    await this.#plane.stores.rollouts.add(rollout)
    boundary('rollout-added')
    this.#tell(rollout)
    await this.reconcile(model, environment)
    return (await this.#plane.stores.rollouts.byId(rollout.id)) ?? rollout
  }

  async reconcileAll(): Promise<void> {
    const live = await this.#plane.stores.rollouts.inPhases(LIVE)
    const queues = new Map(
      live.map(({ model, environment }) => [`${environment} ${model}`, { model, environment }]),
    )
    for (const { model, environment } of queues.values()) await this.reconcile(model, environment)
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
      const event = await this.#nextEvent(first)
      if (!event || !(await this.apply(first, event))) {
        await this.#followJob(first)
        return
      }
    }
  }

  /** What happened to this rollout since it was last looked at; undefined when there is nothing to say. */
  async #nextEvent(rollout: StoredRollout): Promise<RolloutEvent | undefined> {
    if (rollout.phase === 'queued') {
      const deployment = await this.#plane.stores.rollouts.deployment(rollout.model, rollout.environment)
      return { kind: 'dequeued', ...(deployment && { stable: deployment.stable }) }
    }
    if (rollout.phase === 'preparing') return this.#preparation(rollout)
    return { kind: 'analysed', analysis: await this.#analyse(rollout), step: rollout.step }
  }

  #preparation(rollout: StoredRollout): RolloutEvent | undefined {
    const needed = [
      mainReplica(rollout.environment, rollout.candidate),
      ...(needsBaseline(rollout) ? [baselineReplica(rollout)] : []),
    ]
    for (const replica of needed) {
      const reason = this.#fleet.failure(replica)
      if (reason !== undefined) return { kind: 'replicas-failed', reason }
    }
    return needed.every(replica => this.#fleet.ready(replica).length > 0)
      ? { kind: 'replicas-ready' }
      : undefined
  }

  async #analyse(rollout: StoredRollout): Promise<Analysis> {
    if (rollout.strategy.kind !== 'canary')
      throw new TypeError(`Rollout ${rollout.id} has no steps to analyse`)
    const counts = await this.#plane.stores.rollouts.counts(rollout.id, rollout.step)
    const { analysis: spec, steps } = rollout.strategy
    const analysis = analyse(counts.canary ?? NO_COUNTS, counts.baseline ?? NO_COUNTS, spec, steps.length)
    this.#analyses.set(rollout.id, analysis)
    return analysis
  }

  /** Applies one event; false when it changed nothing. */
  async apply(rollout: StoredRollout, event: RolloutEvent): Promise<boolean> {
    const next: Rollout = advance(rollout, event, this.#now())
    const moved = next.phase !== rollout.phase || next.step !== rollout.step || next.weight !== rollout.weight
    if (!moved) {
      if (next.reason !== undefined) this.#holding.set(rollout.id, next.reason)
      return false
    }
    const deployment = next.phase === 'promoted' ? await this.#promotion(rollout) : undefined
    const analysis = event.kind === 'analysed' ? event.analysis : undefined
    const change = {
      at: this.#now(),
      phase: next.phase,
      step: next.step,
      weight: next.weight,
      reason: next.reason ?? '',
      ...(analysis && { analysis }),
    }
    const stored = await this.#plane.stores.rollouts.update(next, rollout.revision, change, deployment)
    if (!stored) return true
    boundary('rollout-updated')
    this.#holding.delete(rollout.id)
    if (next.endedAt !== undefined) this.#lastEvidence.delete(rollout.id)
    await this.#publisher.publish()
    boundary('rollout-published')
    this.#tell(rollout)
    await this.#followJob({ ...rollout, ...next, revision: rollout.revision + 1 })
    return true
  }

  async #promotion(rollout: StoredRollout): Promise<Deployment> {
    const { project, model, environment, candidate } = rollout
    const before = await this.#plane.stores.rollouts.deployment(model, environment)
    const previous = before?.stable === candidate ? before.previous : before?.stable
    return {
      project,
      model,
      environment,
      stable: candidate,
      ...(previous && { previous }),
      since: this.#now(),
    }
  }

  /** The deploy job goes with its rollout: to its end, or to waiting while there is no traffic to judge by. */
  async #followJob(rollout: StoredRollout): Promise<void> {
    if (!rollout.job) return
    const job = await this.#plane.stores.pipelines.job(rollout.job)
    if (!job || (job.state !== 'running' && job.state !== 'waiting')) {
      if (job?.state === 'canceled' && rollout.endedAt === undefined) await this.#abortCanceled(rollout)
      return
    }
    const reason = rollout.reason === undefined ? {} : { reason: rollout.reason }
    const result = storeResult({
      kind: 'deploy',
      rollout: rollout.id,
      lines: rollout.reason ? [rollout.reason] : [],
    })
    if (rollout.phase === 'promoted')
      await this.#pipelines.move(job, job.state, 'succeeded', { ...reason, result })
    else if (rollout.phase === 'aborted')
      await this.#pipelines.move(job, job.state, 'failed', { ...reason, result })
    else if (rollout.phase === 'progressing') await this.#followEvidence(rollout, job)
  }

  async #abortCanceled(rollout: StoredRollout): Promise<void> {
    await this.apply(rollout, { kind: 'abort', by: 'cancellation of its job' })
  }

  async #followEvidence(rollout: StoredRollout, job: Job): Promise<void> {
    const analysis = this.#analyses.get(rollout.id)
    const requests = (analysis?.canaryRequests ?? 0) + (analysis?.baselineRequests ?? 0)
    const last = this.#lastEvidence.get(rollout.id)
    const now = this.#now()
    if (!last || last.requests !== requests) this.#lastEvidence.set(rollout.id, { requests, at: now })
    const quiet = last !== undefined && last.requests === requests && now - last.at >= QUIET_MS
    if (quiet && job.state === 'running') {
      const missing = analysis?.requestsMissing
      const reason = `waits for evidence: ${missing === undefined ? 'no requests come' : `about ${missing} more requests in each arm are needed`}, and none came for ${QUIET_MS / 1000} s`
      await this.#pipelines.move(job, 'running', 'waiting', { reason })
    } else if (!quiet && job.state === 'waiting') await this.#pipelines.move(job, 'waiting', 'running')
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
