import { afterEach, beforeEach, expect, test } from 'vitest'
import { EngineWorld } from '../../../../test/server/engine.ts'
import { newId, type PrincipalId, type ProjectId } from '../../../core/index.ts'
import type { Pipeline, PlannedJob } from '../../../pipeline/index.ts'
import { PipelineReconciler } from '../reconcile.ts'
import { Downstream } from './downstream.ts'

let world: EngineWorld
let other: ProjectId
let reader: PrincipalId

const nothingStarts = () => Promise.reject(new Error('nothing is to be started'))

beforeEach(async () => {
  world = await EngineWorld.open()
  world.reconciler.followWith(new Downstream(world.plane.plane, world.reconciler, nothingStarts))
  const { stores, clock } = world.plane.plane
  const createdAt = clock.now()
  other = newId('project')
  reader = newId('principal')
  await stores.access.addProject({ id: other, name: 'team/other', defaultBranch: 'trunk', createdAt })
  await stores.access.addPrincipal({ id: reader, name: 'bob', kind: 'person', admin: false, createdAt })
  await stores.access.setRole(reader, other, 'reader')
})
afterEach(() => world.plane.close())

const mirror = (project = 'team/other', more: Partial<PlannedJob> = {}): Partial<PlannedJob> => ({
  name: 'upstream',
  work: {
    kind: 'trigger',
    target: { kind: 'latest', project },
    strategy: 'mirror',
    forward: { yamlVariables: false, pipelineVariables: false },
    inputs: {},
  },
  ...more,
})

/** A pipeline of the other project's default branch with one job, made now. */
async function theirs(change: Partial<Pipeline> = {}): Promise<Pipeline> {
  world.plane.pass(1000)
  const createdAt = world.plane.plane.clock.now()
  const made = await world.begin(
    { project: other, ref: 'refs/heads/trunk', createdAt, ...change },
    { name: 'theirs', labels: ['there'] },
  )
  world.plane.pass(1000)
  return made
}

async function end(outcome: 'succeeded' | 'failed'): Promise<void> {
  const [offer] = await world.lease({ runner: 'r', labels: ['there'] })
  await world.finish(offer!, { outcome, ...(outcome === 'failed' && { exitCode: 1 }) })
}

test.each(['succeeded', 'failed'] as const)(
  'a job waits for the end of the latest pipeline and has %s with it',
  async outcome => {
    await theirs()
    await end('failed')
    const latest = await theirs()
    await theirs({ ref: 'refs/heads/topic' })
    const child = (await world.job(latest, 'theirs')).id
    await theirs({ parent: child })
    const mine = await world.begin({ principal: reader }, mirror(), { name: 'after', needs: ['upstream'] })
    expect(await world.states(mine)).toBe('upstream running, after blocked')
    // One that comes later is not it.
    await theirs()
    await end(outcome)
    expect(await world.job(mine, 'upstream')).toMatchObject({
      state: outcome,
      reason: `pipeline #2 of team/other ${outcome}`,
    })
  },
)

test('the state of one that has ended is there at once, and when it is tried again it is the latest then', async () => {
  await theirs()
  await end('failed')
  const mine = await world.begin({ principal: reader }, mirror())
  const job = await world.job(mine, 'upstream')
  expect(job).toMatchObject({ state: 'failed', reason: 'pipeline #1 of team/other failed' })
  await theirs()
  await end('succeeded')
  await world.actions.retry(job)
  expect(await world.job(mine, 'upstream')).toMatchObject({
    state: 'succeeded',
    reason: 'pipeline #2 of team/other succeeded',
  })
})

test('a server that starts again goes on waiting for the same', async () => {
  await theirs()
  const mine = await world.begin({ principal: reader }, mirror())
  await theirs()
  const again = new PipelineReconciler(world.plane.plane)
  again.followWith(new Downstream(world.plane.plane, again, nothingStarts))
  await again.resume()
  const [first] = await world.lease({ runner: 'r', labels: ['there'], capacity: 1 })
  await world.finish(first!)
  for (const { id } of await world.store.pipelinesIn('running')) await again.reconcile(id)
  expect(await world.job(mine, 'upstream')).toMatchObject({ reason: 'pipeline #1 of team/other succeeded' })
})

test.each([
  ['team/none', "there is no project 'team/none' that who started this may read"],
  ['digits', "there is no project 'digits' that who started this may read"],
  ['team/other', "team/other has no pipeline on 'trunk'"],
])('%s has none for who started this', async (project, reason) => {
  const mine = await world.begin({ principal: reader }, mirror(project))
  expect(await world.job(mine, 'upstream')).toMatchObject({ state: 'failed', reason })
})

test('two that would wait for each other do not', async () => {
  const { stores } = world.plane.plane
  const digits = (await stores.access.projectByName('digits'))!.id
  await stores.access.setRole(reader, digits, 'reader')
  world.plane.pass(1000)
  const createdAt = world.plane.plane.clock.now()
  const theirs = await world.plane.add(
    { project: other, ref: 'refs/heads/trunk', createdAt, principal: reader },
    mirror('digits'),
  )
  world.plane.pass(1000)
  const mine = await world.begin({ principal: reader, createdAt: world.plane.plane.clock.now() }, mirror())
  expect(await world.states(mine)).toBe('upstream running')
  await world.reconciler.reconcile(theirs.pipeline.id)
  expect(await world.job(theirs.pipeline, 'upstream')).toMatchObject({
    state: 'failed',
    reason: 'pipeline #1 of digits waits for this one',
  })
  expect(await world.states(mine)).toBe('upstream failed')
})
