import { Readable } from 'node:stream'
import { type CommitId, type Digest, digestOf } from '../../src/core/index.ts'
import type { Environment, Job, Pipeline, PlannedJob, Release } from '../../src/pipeline/index.ts'
import { sealSecret } from '../../src/server/access/secret-values.ts'
import { DeliveryDesk } from '../../src/server/delivery/desk.ts'
import { EnvironmentStops, type ServedModels } from '../../src/server/delivery/environments/stops.ts'
import { PushAcceptance } from '../../src/server/pushes/acceptance.ts'
import { aTrigger } from '../contracts/stores/world.ts'
import { EngineWorld } from './engine.ts'
import { BareRepository } from './repository.ts'

/** The engine with what scripts deliver, and the project's repository. */
export class DeliveryWorld {
  readonly engine: EngineWorld
  readonly repository: BareRepository
  readonly pushes: PushAcceptance
  readonly delivery: DeliveryDesk
  readonly stops: EnvironmentStops
  readonly commit: CommitId
  /** `model environment: why` of models that were taken down. */
  readonly removed: string[] = []
  readonly served: ServedModels = {
    remove: async (model, environment, why) => void this.removed.push(`${model} ${environment}: ${why}`),
  }

  private constructor(engine: EngineWorld, repository: BareRepository) {
    const { plane } = engine.plane
    this.engine = engine
    this.repository = repository
    this.pushes = new PushAcceptance(plane, engine.reconciler)
    this.delivery = new DeliveryDesk(plane, engine.reconciler, this.pushes)
    this.stops = new EnvironmentStops(plane, engine.reconciler, this.served)
    engine.desk.deliverWith(this.delivery)
    this.commit = repository.commit({ 'NOTES.md': '# From the commit\n' })
    repository.set('refs/heads/main', this.commit)
  }

  static async open(): Promise<DeliveryWorld> {
    const engine = await EngineWorld.open()
    const { plane } = engine.plane
    const project = (await plane.stores.access.projectByName('digits'))!
    return new DeliveryWorld(engine, await BareRepository.make(plane, project))
  }

  /** A pipeline of a branch, with its jobs as GitLab's file would have them. */
  begin(branch: string, ...plans: readonly Partial<PlannedJob>[]): Promise<Pipeline> {
    return this.beginAt(`refs/heads/${branch}`, ...plans)
  }

  beginAt(ref: string, ...plans: readonly Partial<PlannedJob>[]): Promise<Pipeline> {
    const { commit } = this
    const dialect = { dialect: 'gitlab', order: 'stages', expand: true } as const
    const jobs = plans.map(plan => ({ ...dialect, ...plan }))
    return this.engine.begin({ commit, ref, trigger: aTrigger({ ref, commit }) }, ...jobs)
  }

  /** Files that a job has kept, as the end of its attempt tells them. */
  async kept(files: Readonly<Record<string, string>>): Promise<{ artifacts: ReturnType<typeof keptFile>[] }> {
    const { blobs } = this.engine.plane.plane
    for (const text of Object.values(files)) await blobs.put(digestOf(text), Readable.from([text]))
    return { artifacts: Object.entries(files).map(([path, text]) => keptFile(path, text)) }
  }

  async environment(name: string): Promise<Environment | undefined> {
    const { stores } = this.engine.plane.plane
    const project = (await stores.access.projectByName('digits'))!
    return stores.delivery.environmentByName(project.id, name)
  }

  async release(tag: string): Promise<Release | undefined> {
    const { stores } = this.engine.plane.plane
    const project = (await stores.access.projectByName('digits'))!
    return stores.delivery.release(project.id, tag)
  }

  /** A masked secret of the project, for every job. */
  async setSecret(name: string, value: string): Promise<void> {
    const { stores, vault, clock } = this.engine.plane.plane
    const { id } = (await stores.access.projectByName('digits'))!
    const place = { name, environment: '*' }
    await stores.access.setSecret(id, {
      ...place,
      kind: 'variable',
      protected: false,
      masked: true,
      literal: true,
      sealed: await sealSecret(vault, id, place, value),
      createdAt: clock.now(),
    })
  }

  job(pipeline: Pipeline, name: string): Promise<Job> {
    return this.engine.job(pipeline, name)
  }

  close(): Promise<void> {
    return this.engine.plane.close()
  }
}

function keptFile(path: string, text: string) {
  const digest: Digest = digestOf(text)
  return { path, digest, size: Buffer.byteLength(text), executable: false }
}
