import type { Offer } from '../../src/api/index.ts'
import type { AttemptId, PipelineId } from '../../src/core/index.ts'
import type { Job, Pipeline, PlannedJob } from '../../src/pipeline/index.ts'
import { PipelineActions } from '../../src/server/pipelines/actions.ts'
import { AttemptDesk } from '../../src/server/pipelines/attempts.ts'
import { Dispatcher } from '../../src/server/pipelines/dispatch.ts'
import { AttemptLogs } from '../../src/server/pipelines/logs/logs.ts'
import { PipelineReconciler } from '../../src/server/pipelines/reconcile.ts'
import { aPlane, type TestPlane } from './plane.ts'

type Finish = Parameters<AttemptDesk['finish']>[1]
type Lease = Parameters<Dispatcher['lease']>[0]

const HERE = new AbortController().signal

/** A control plane's engine over its stores, and a runner played by the test. */
export class EngineWorld {
  readonly plane: TestPlane
  readonly reconciler: PipelineReconciler
  readonly dispatcher: Dispatcher
  readonly desk: AttemptDesk
  readonly actions: PipelineActions
  readonly logs: AttemptLogs

  private constructor(plane: TestPlane, logs: AttemptLogs) {
    this.plane = plane
    this.logs = logs
    this.reconciler = new PipelineReconciler(plane.plane)
    this.dispatcher = new Dispatcher(plane.plane, this.reconciler, 0)
    this.desk = new AttemptDesk(plane.plane, this.reconciler, logs)
    this.actions = new PipelineActions(plane.plane, this.reconciler)
  }

  static async open(): Promise<EngineWorld> {
    const plane = await aPlane()
    const logs = new AttemptLogs(plane.plane.settings.dataDir)
    await logs.prepare()
    return new EngineWorld(plane, logs)
  }

  get store(): TestPlane['plane']['stores']['pipelines'] {
    return this.plane.plane.stores.pipelines
  }

  /** A pipeline that was just made, moved on for the first time. */
  async begin(pipeline: Partial<Pipeline>, ...plans: readonly Partial<PlannedJob>[]): Promise<Pipeline> {
    const made = await this.plane.add(pipeline, ...plans)
    await this.reconciler.reconcile(made.pipeline.id)
    return made.pipeline
  }

  /** `build ready, test blocked`. */
  async states({ id }: Pick<Pipeline, 'id'>): Promise<string> {
    return (await this.store.jobs(id)).map(({ plan, state }) => `${plan.name} ${state}`).join(', ')
  }

  async stateOf(id: PipelineId): Promise<string | undefined> {
    return (await this.store.pipeline(id))?.state
  }

  async job({ id }: Pick<Pipeline, 'id'>, name: string): Promise<Job> {
    const job = (await this.store.jobs(id)).find(({ plan }) => plan.name === name)
    if (!job) throw new Error(`no job ${name}`)
    return job
  }

  /** What a runner is offered at once. */
  lease(request: Partial<Lease> = {}): Promise<readonly Offer[]> {
    return this.dispatcher.lease({ runner: 'r1', capacity: 64, sandbox: 'none', ...request }, HERE)
  }

  async finish({ attempt, fence }: Offer, end: Partial<Finish> = {}): Promise<void> {
    const found = await this.store.attempt(attempt as AttemptId)
    if (!found) throw new Error(`no attempt ${attempt}`)
    await this.desk.finish(found, { fence, outcome: 'succeeded', artifacts: [], ...end })
  }

  /** Runs the jobs that are ready, each to its end. */
  async runReady(end: Partial<Finish> = {}): Promise<void> {
    for (const offer of await this.lease()) await this.finish(offer, end)
  }
}
