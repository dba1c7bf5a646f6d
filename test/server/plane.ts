import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommitId, type Instant, instant, newId, silentLogger } from '../../src/core/index.ts'
import type { Job, JobState, Pipeline, PlannedJob } from '../../src/pipeline/index.ts'
import { aJob } from '../../src/pipeline/test-plans.ts'
import { StoreKeeper } from '../../src/registry/index.ts'
import { Vault } from '../../src/server/access/vault.ts'
import { ChangeFeed } from '../../src/server/changes.ts'
import type { ControlPlane } from '../../src/server/control-plane.ts'
import { DiskBlobStore, DiskPackStore, openSqlite } from '../../src/storage/index.ts'

export { aJob }

/** The stores of a control plane in a folder of their own, and a clock that the test sets. */
export interface TestPlane {
  readonly plane: ControlPlane
  /** Lets time pass. */
  pass(milliseconds: number): void
  /** A running pipeline of these jobs, the first of them ready. */
  pipeline(...plans: readonly Partial<PlannedJob>[]): Promise<{ pipeline: Pipeline; jobs: readonly Job[] }>
  /** A pipeline of these jobs as one is made: all of them blocked. */
  add(
    pipeline: Partial<Pipeline>,
    ...plans: readonly Partial<PlannedJob>[]
  ): Promise<{ pipeline: Pipeline; jobs: readonly Job[] }>
  close(): Promise<void>
}

export async function aPlane(): Promise<TestPlane> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ballast-plane-'))
  await mkdir(join(dataDir, 'secrets'))
  const stores = await openSqlite(join(dataDir, 'ballast.db'))
  let now: Instant = instant(1_000_000)
  const clock = { now: () => now }
  const blobs = join(dataDir, 'blobs')
  const nothing = async function* () {}
  const keeper = new StoreKeeper({
    whole: await DiskBlobStore.open(blobs),
    packs: await DiskPackStore.open(blobs),
    index: stores.objects,
    clock,
    logger: silentLogger,
    warmBudget: 0,
    roots: nothing,
    warm: nothing,
  })
  const plane: ControlPlane = {
    settings: { dataDir, publicUrl: 'http://ballast', gatewayUrl: 'http://gateway', version: '0' },
    stores,
    blobs: keeper.store,
    vault: new Vault(dataDir),
    changes: new ChangeFeed(),
    clock,
    logger: silentLogger,
  }
  const project = newId('project')
  const principal = newId('principal')
  await stores.access.addPrincipal({
    id: principal,
    name: 'ada',
    kind: 'person',
    admin: true,
    createdAt: now,
  })
  await stores.access.addProject({ id: project, name: 'digits', defaultBranch: 'main', createdAt: now })
  const add = async (
    change: Partial<Pipeline>,
    plans: readonly Partial<PlannedJob>[],
    stateAt: (position: number) => JobState,
  ) => {
    const id = newId('pipeline')
    const jobs = plans.map(
      (plan, position): Job => ({
        id: newId('job'),
        pipeline: id,
        position,
        state: stateAt(position),
        plan: aJob(`job-${position}`, [], plan),
      }),
    )
    const pipeline = await stores.pipelines.addPipeline(
      {
        id,
        project,
        principal,
        commit: 'c'.repeat(40) as CommitId,
        ref: 'refs/heads/main',
        title: 'A commit',
        state: 'running',
        config: null,
        problems: [],
        createdAt: now,
        ...change,
      },
      jobs,
    )
    return { pipeline, jobs }
  }
  return {
    plane,
    pass: milliseconds => {
      now = instant(now + milliseconds)
    },
    pipeline: (...plans) => add({}, plans, position => (position === 0 ? 'ready' : 'blocked')),
    add: (pipeline, ...plans) => add(pipeline, plans, () => 'blocked'),
    async close() {
      await keeper.close()
      await stores.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
