import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aTrigger } from '../../../../test/contracts/stores/world.ts'
import { EngineWorld } from '../../../../test/server/engine.ts'
import type { Role } from '../../../access/index.ts'
import { digestOf, newId, type ProjectId } from '../../../core/index.ts'
import type { InputElsewhere, Pipeline, PlannedJob } from '../../../pipeline/index.ts'

const GITLAB = { dialect: 'gitlab', order: 'stages', stage: 'build', expand: true } as const
const OUTLINE = { outline: { stages: ['build', 'test'] }, trigger: aTrigger() }

let world: EngineWorld
let shared: ProjectId
beforeEach(async () => {
  world = await EngineWorld.open()
  const { stores, clock } = world.plane.plane
  shared = newId('project')
  await stores.access.addProject({
    id: shared,
    name: 'team/shared',
    defaultBranch: 'main',
    createdAt: clock.now(),
  })
})
afterEach(() => world.plane.close())

async function kept(path: string, text: string) {
  const bytes = Buffer.from(text)
  const digest = digestOf(bytes)
  await world.plane.plane.blobs.put(digest, Readable.from([bytes]), { maxBytes: 1e6 })
  return { path, digest, size: bytes.length, executable: false }
}

/** A pipeline of the other project in which `build` keeps out.txt, made now. */
async function built(
  text: string,
  more: Partial<PlannedJob> = {},
  pipeline: Partial<Pipeline> = {},
): Promise<Pipeline> {
  const plan = { ...GITLAB, name: 'build', artifacts: ['out.txt'], ...more }
  const made = await world.begin({ ...OUTLINE, project: shared, ...pipeline }, plan)
  const [offer] = await world.lease({ capacity: 1 })
  await world.finish(offer!, { artifacts: [await kept('out.txt', text)] })
  world.plane.pass(10)
  return made
}

const FROM_SHARED: InputElsewhere = {
  job: 'build',
  from: { kind: 'project', project: 'team/$NAME', ref: 'main' },
}
const asking = (...inputsElsewhere: readonly InputElsewhere[]): Partial<PlannedJob> => ({
  ...GITLAB,
  name: 'ask',
  env: { NAME: 'shared' },
  inputsElsewhere,
})

/** What a job that asks so finds, or why it does not start. */
async function found(
  input: InputElsewhere = FROM_SHARED,
  pipeline: Partial<Pipeline> = {},
): Promise<readonly string[] | string | undefined> {
  const made = await world.begin(
    { ...OUTLINE, createdAt: world.plane.plane.clock.now(), ...pipeline },
    asking(input),
  )
  const [offer] = await world.lease({ capacity: 1 })
  return offer?.inputs.map(({ digest }) => digest) ?? (await world.job(made, 'ask')).reason
}

async function somebody(role: Role | undefined) {
  const { stores, clock } = world.plane.plane
  const id = newId('principal')
  const createdAt = clock.now()
  await stores.access.addPrincipal({
    id,
    name: `b${id.slice(-8).toLowerCase()}`,
    kind: 'person',
    admin: false,
    createdAt,
  })
  await stores.access.setRole(id, shared, role)
  return { principal: id }
}

test('the latest of a ref that succeeded before the pipeline was made', async () => {
  await built('old')
  await built('new')
  await built('other', {}, { ref: 'refs/heads/other' })
  const failed = await world.begin(
    { ...OUTLINE, project: shared },
    { ...GITLAB, name: 'build', artifacts: ['x'] },
  )
  const [offer] = await world.lease({ capacity: 1 })
  await world.finish(offer!, { outcome: 'failed', artifacts: [await kept('out.txt', 'bad')] })
  expect(await world.stateOf(failed.id)).toBe('failed')
  world.plane.pass(10)
  const createdAt = world.plane.plane.clock.now()
  await built('too late')
  expect(await found(FROM_SHARED, { createdAt })).toEqual([digestOf('new')])
})

test('of a pipeline of its own project, by its id', async () => {
  const { project } = await world.begin(OUTLINE, { ...GITLAB, name: 'quick' })
  await world.runReady()
  const parent = await built('mine', {}, { project })
  const input = { job: 'build', from: { kind: 'pipeline', pipeline: parent.id } } as const
  expect(await found(input)).toEqual([digestOf('mine')])
  const foreign = await built('theirs')
  const theirs = { job: 'build', from: { kind: 'pipeline', pipeline: foreign.id } } as const
  expect(await found(theirs)).toMatch(/there is no such pipeline in this project/)
})

test('what its own pipeline has kept lies over it', async () => {
  await built('elsewhere')
  const own = { ...GITLAB, name: 'own', artifacts: ['out.txt'] }
  const createdAt = world.plane.plane.clock.now()
  await world.begin({ ...OUTLINE, createdAt }, own, { ...asking(FROM_SHARED), stage: 'test' })
  const [first] = await world.lease({ capacity: 1 })
  await world.finish(first!, { artifacts: [await kept('out.txt', 'own')] })
  expect((await world.lease())[0]?.inputs.map(({ digest }) => digest)).toEqual([digestOf('own')])
})

test('what is not there, or not for who started it, keeps the job from starting', async () => {
  expect(await found()).toMatch(
    /Job 'ask' needs what 'build' of 'team\/shared' \(main\) has kept, and no such job/,
  )
  await built('x', { artifactRules: { ...rules, expireIn: 1000, access: 'developer' } })
  expect(await found(FROM_SHARED, await somebody('developer'))).toEqual([digestOf('x')])
  expect(await found(FROM_SHARED, await somebody('reader'))).toMatch(/keeps them for fewer/)
  expect(await found(FROM_SHARED, await somebody(undefined))).toMatch(
    /no such project that who started this may read/,
  )
  world.plane.pass(2000)
  expect(await found()).toMatch(/they have expired/)
})

const rules = { exclude: [], untracked: false, when: 'on_success', reports: [] } as const
