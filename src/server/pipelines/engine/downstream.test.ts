import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aTrigger } from '../../../../test/contracts/stores/world.ts'
import { EngineWorld } from '../../../../test/server/engine.ts'
import { BareRepository } from '../../../../test/server/repository.ts'
import type { Role } from '../../../access/index.ts'
import { newId, type PrincipalId } from '../../../core/index.ts'
import type { Pipeline, PlannedJob, TriggerWork } from '../../../pipeline/index.ts'
import { PipelineReconciler } from '../reconcile.ts'
import type { PipelineRequest, Started } from '../starting/start.ts'
import { Downstream } from './downstream.ts'

let world: EngineWorld
let asked: PipelineRequest[]
/** What the pipelines that are made consist of. */
let made: readonly Partial<PlannedJob>[]
let answer: Started | undefined

beforeEach(async () => {
  world = await EngineWorld.open()
  asked = []
  made = [{ name: 'inner' }]
  answer = undefined
  world.reconciler.followWith(new Downstream(world.plane.plane, world.reconciler, start))
})
afterEach(() => world.plane.close())

async function start(_: unknown, request: PipelineRequest): Promise<Started> {
  asked.push(request)
  if (answer) return answer
  const { project, ref, commit, event, parent } = request
  const { pipeline } = await world.plane.add(
    {
      project: project.id,
      ref,
      commit,
      trigger: aTrigger({ event }),
      createdAt: world.plane.plane.clock.now(),
      ...(parent && { parent: parent.job.id }),
    },
    ...made,
  )
  return { kind: 'pipeline', pipeline }
}

const trigger = (
  strategy: TriggerWork['strategy'],
  more: Partial<TriggerWork> = {},
): Partial<PlannedJob> => ({
  name: 'child',
  work: {
    kind: 'trigger',
    target: { kind: 'child', sources: [{ kind: 'local', file: 'child.yml' }] },
    strategy,
    forward: { yamlVariables: true, pipelineVariables: false },
    inputs: {},
    ...more,
  },
})

async function childOf(pipeline: Pipeline): Promise<Pipeline> {
  const [child] = await world.store.pipelinesOfParent((await world.job(pipeline, 'child')).id)
  if (!child) throw new Error('there is no child')
  return child
}

/** Somebody with this role in team/other, whose release branches are protected. */
async function aPerson(role: Role): Promise<PrincipalId> {
  const { plane } = world.plane
  const { access } = plane.stores
  const [id, createdAt] = [newId('principal'), plane.clock.now()]
  const project = { id: newId('project'), name: 'team/other', defaultBranch: 'main', createdAt }
  await access.addPrincipal({ id, name: role, kind: 'person', admin: false, createdAt })
  await access.addProject(project)
  await access.protectRefs(project.id, ['refs/heads/release/*'])
  await access.setRole(id, project.id, role)
  const repository = await BareRepository.make(plane, project)
  const commit = repository.commit({ README: 'first' })
  for (const branch of ['main', 'topic', 'release/1']) repository.set(`refs/heads/${branch}`, commit)
  return id
}

test.each([
  { role: 'developer', branch: 'topic' },
  { role: 'maintainer', branch: 'main' },
] as const)(
  'a $role triggers $branch of another project; what steers a shell stays behind',
  async ({ role, branch }) => {
    const principal = await aPerson(role)
    const target = { kind: 'project', project: 'team/other', branch } as const
    const env = { MODE: 'fast', PATH: '/tmp', BASH_ENV: '$(id)', PS4: '$(id)' }
    const pipeline = await world.begin({ principal }, { ...trigger('none', { target }), env })
    expect(asked).toMatchObject([{ event: 'upstream', ref: `refs/heads/${branch}` }])
    expect(asked[0]!.variables).toEqual({ MODE: 'fast' })
    expect(await world.job(pipeline, 'child')).toMatchObject({
      state: 'succeeded',
      reason: 'started pipeline #1; it takes no variable PATH, BASH_ENV, PS4',
    })
  },
)

test('a trigger job makes a child of the same commit, with its variables, and has succeeded', async () => {
  const pipeline = await world.begin({}, { ...trigger('none'), env: { DEEP: 'yes' } })
  expect(await world.states(pipeline)).toBe('child succeeded')
  expect(await world.stateOf(pipeline.id)).toBe('succeeded')
  expect(asked).toMatchObject([
    { event: 'child', ref: pipeline.ref, commit: pipeline.commit, variables: { DEEP: 'yes' } },
  ])
  expect(await world.states(await childOf(pipeline))).toBe('inner ready')
})

describe('a trigger job that depends on its pipeline', () => {
  test.each([
    ['succeeded', 'succeeded', 'next ready'],
    ['failed', 'failed', 'next skipped'],
    ['canceled', 'canceled', 'next skipped'],
  ] as const)('ends as that: %s', async (outcome, state, next) => {
    const pipeline = await world.begin({}, trigger('depend'), { name: 'next', needs: ['child'] })
    expect(await world.states(pipeline)).toBe('child running, next blocked')
    await world.runReady({ outcome })
    expect(await world.states(pipeline)).toBe(`child ${state}, ${next}`)
  })

  test('is followed after a restart, and makes no second one', async () => {
    const pipeline = await world.begin({}, trigger('depend'))
    const restarted = new PipelineReconciler(world.plane.plane)
    restarted.followWith(new Downstream(world.plane.plane, restarted, start))
    await restarted.resume()
    await world.store.moveJob((await world.job(await childOf(pipeline), 'inner')).id, 'ready', 'canceled', {
      now: world.plane.plane.clock.now(),
    })
    await restarted.reconcile((await childOf(pipeline)).id)
    expect(asked).toHaveLength(1)
    expect(await world.states(pipeline)).toBe('child canceled')
  })

  test('makes another one when it is tried again', async () => {
    const pipeline = await world.begin({}, trigger('depend'))
    await world.runReady({ outcome: 'failed' })
    world.plane.pass(1000)
    await world.actions.retry(await world.job(pipeline, 'child'))
    expect(asked).toHaveLength(2)
    await world.runReady()
    expect(await world.states(pipeline)).toBe('child succeeded')
  })

  test('is canceled with what it made, and so is a whole pipeline', async () => {
    const one = await world.begin({}, trigger('depend'))
    await world.actions.cancelJob(await world.job(one, 'child'), 'ada')
    expect(await world.states(await childOf(one))).toBe('inner canceled')
    const two = await world.begin({}, trigger('none'), { name: 'slow' })
    await world.actions.cancelPipeline(two.id, 'ada')
    expect(await world.states(two)).toBe('child succeeded, slow canceled')
    expect(await world.stateOf((await childOf(two)).id)).toBe('canceled')
  })
})

describe('a trigger job fails, with the reason,', () => {
  const reasonOf = async (pipeline: Pipeline) => {
    const { state, reason } = await world.job(pipeline, 'child')
    return `${state}: ${reason}`
  }

  test('where nothing is started', async () => {
    answer = { kind: 'nothing', reason: 'its rules leave no job' }
    expect(await reasonOf(await world.begin({}, trigger('none')))).toBe(
      'failed: nothing was started: its rules leave no job',
    )
  })

  test('where there is no such project for who started it', async () => {
    const target = { kind: 'project', project: 'nobody/knows' } as const
    expect(await reasonOf(await world.begin({}, trigger('none', { target })))).toBe(
      "failed: there is no project 'nobody/knows' in which who started this may start pipelines",
    )
  })

  test.each([
    { role: 'developer', branch: 'main', why: "'main' of team/other is protected: only a maintainer" },
    { role: 'developer', branch: 'release/1', why: "'release/1' of team/other is protected" },
    { role: 'reader', branch: 'topic', why: "there is no project 'team/other' in which who started this" },
  ] as const)("where a $role's push would run $branch of another project", async ({ role, branch, why }) => {
    const principal = await aPerson(role)
    const target = { kind: 'project', project: 'team/other', branch } as const
    const pipeline = await world.begin({ principal }, trigger('none', { target }))
    expect(await reasonOf(pipeline)).toContain(why)
    expect(asked).toEqual([])
  })

  test.each([
    { event: 'schedule', protectedRef: false, state: 'failed' },
    { event: 'schedule', protectedRef: true, state: 'succeeded' },
    { event: 'push', protectedRef: false, state: 'succeeded' },
  ] as const)('unless its owner knows what runs: $event, protected $protectedRef', async facts => {
    const { state, ...trigger_ } = facts
    const principal = await aPerson('maintainer')
    const target = { kind: 'project', project: 'team/other', branch: 'main' } as const
    const pipeline = await world.begin(
      { principal, trigger: aTrigger(trigger_) },
      trigger('none', { target }),
    )
    expect(await world.states(pipeline)).toBe(`child ${state}`)
  })

  test('where a mirror brought it, in the name of who set it up', async () => {
    const principal = await aPerson('maintainer')
    const { access, triggers } = world.plane.plane.stores
    const own = (await access.projectByName('digits'))!
    await triggers.setMirror({
      project: own.id,
      hook: newId('hook'),
      forge: 'github',
      url: 'https://example.org/digits',
      hookSecret: 'sealed',
      statuses: false,
      owner: principal,
      wanted: 0,
      done: 0,
      createdAt: world.plane.plane.clock.now(),
    })
    const target = { kind: 'project', project: 'team/other', branch: 'main' } as const
    const brought = { principal, trigger: aTrigger({ protectedRef: false }) }
    expect(await reasonOf(await world.begin(brought, trigger('none', { target })))).toContain('is protected')
  })

  test('where pipelines make each other without an end', async () => {
    made = [trigger('depend')]
    const pipeline = await world.begin({}, trigger('depend'))
    expect(asked).toHaveLength(9)
    expect(await world.stateOf(pipeline.id)).toBe('failed')
    expect(await world.states(pipeline)).toBe('child failed')
  })

  test('where what it made has no job that could run', async () => {
    made = []
    const id = newId('pipeline')
    answer = {
      kind: 'pipeline',
      pipeline: (await world.plane.add({ id, state: 'failed', problems: ['child.yml:3:1: error'] })).pipeline,
    }
    expect(await reasonOf(await world.begin({}, trigger('none')))).toBe(
      'failed: pipeline #1 could not be made: child.yml:3:1: error',
    )
  })
})
