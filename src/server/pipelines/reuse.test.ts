import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EngineWorld } from '../../../test/server/engine.ts'
import { BareRepository } from '../../../test/server/repository.ts'
import { type CommitId, digestOf } from '../../core/index.ts'
import type { Pipeline, PlannedJob, TriggerFacts } from '../../pipeline/index.ts'

let world: EngineWorld
let repository: BareRepository
let commit: CommitId
beforeEach(async () => {
  world = await EngineWorld.open()
  const project = (await world.plane.plane.stores.access.projects())[0]!
  repository = await BareRepository.make(world.plane.plane, project)
  commit = repository.commit({ 'a.txt': 'a' })
})
afterEach(() => world.plane.close())

const BUILD: Partial<PlannedJob> = { name: 'build', reuse: true, artifacts: ['out'] }

/** Begins a pipeline of a job that may be reused, and one behind it; what a runner is offered first. */
async function begin(pipeline: Partial<Pipeline> = {}, job: Partial<PlannedJob> = {}) {
  const made = await world.begin(
    { commit, ...pipeline },
    { ...BUILD, ...job },
    { name: 'use', needs: ['build'] },
  )
  const offers = await world.lease()
  return { pipeline: made, offers, first: offers[0]! }
}

async function built(pipeline: Partial<Pipeline> = {}, job: Partial<PlannedJob> = {}) {
  const { pipeline: made, first } = await begin(pipeline, job)
  const content = 'weights'
  await world.plane.plane.blobs.put(digestOf(content), Readable.from([content]))
  const out = { path: 'out', digest: digestOf(content), size: 7, executable: false }
  await world.finish(first, {
    artifacts: [out],
    reportSummaries: { tests: { tests: 2, failures: 0, errors: 0, skipped: 0, seconds: 1, failed: [] } },
  })
  await world.runReady()
  return made
}

const onBranch = (protectedRef: boolean): Partial<Pipeline> => {
  const trigger: TriggerFacts = {
    event: 'push',
    ref: 'refs/heads/main',
    commit,
    commitMessage: '',
    commitAuthor: '',
    commitTimestamp: '2026-03-01T12:00:00Z',
    protectedRef,
    principal: { id: 'pri_1', name: 'ada' },
    variables: {},
    inputs: {},
  }
  return { trigger }
}

describe('a job with equal inputs', () => {
  test('ends as the earlier one ended, with its files and what it found', async () => {
    const earlier = await built()
    // Another commit of the same files.
    const { pipeline } = await begin({ commit: repository.commit({ 'a.txt': 'a' }, commit) })
    const job = await world.job(pipeline, 'build')
    expect(job).toMatchObject({ state: 'succeeded', reason: `reused from pipeline #${earlier.number}` })
    expect(job.result).toEqual((await world.job(earlier, 'build')).result)
    expect((await world.store.attempts(job.id)).map(({ state, artifacts }) => [state, artifacts])).toEqual([
      ['succeeded', [{ path: 'out', digest: digestOf('weights'), size: 7, executable: false }]],
    ])
    // The job behind it finds the files, and runs.
    const [use] = await world.lease()
    expect(use).toMatchObject({ jobName: 'use', inputs: [{ path: 'out', digest: digestOf('weights') }] })
  })

  test.each<[string, () => Partial<Pipeline>, Partial<PlannedJob>]>([
    ['other files', () => ({ commit: repository.commit({ 'a.txt': 'b' }) }), {}],
    ['another environment', () => ({}), { env: { MODE: 'slow' } }],
    ['no wish to be reused', () => ({}), { reuse: false }],
    ['a release to make', () => ({}), { release: { tag: 'v1', description: '', milestones: [], links: [] } }],
    ['a protected ref, where the other had none', () => onBranch(true), {}],
  ])('but %s runs', async (_what, pipeline, job) => {
    await built(onBranch(false))
    expect((await begin({ ...onBranch(false), ...pipeline() }, job)).first.jobName).toBe('build')
  })

  test('on another machine runs', async () => {
    await built()
    const { id } = await world.begin({ commit }, BUILD)
    const [offer] = await world.lease({ platform: 'linux-arm64' })
    expect(offer).toMatchObject({ pipeline: id, jobName: 'build' })
  })

  test('of one that failed runs', async () => {
    const { first } = await begin()
    await world.finish(first, { outcome: 'failed', exitCode: 1 })
    expect((await begin()).first.jobName).toBe('build')
  })

  test('whose files are no longer kept runs', async () => {
    await built({}, { artifactRules: { ...RULES, expireIn: 60_000 } })
    world.plane.pass(61_000)
    expect((await begin({}, { artifactRules: { ...RULES, expireIn: 60_000 } })).first.jobName).toBe('build')
  })

  test('runs when somebody sets it going again', async () => {
    await built()
    const { pipeline } = await begin()
    await world.actions.retry(await world.job(pipeline, 'build'))
    expect((await world.lease()).map(({ jobName }) => jobName)).toContain('build')
  })
})

const RULES: NonNullable<PlannedJob['artifactRules']> = {
  exclude: [],
  untracked: false,
  when: 'on_success',
  reports: [],
  access: 'all',
}

test('what a job depends on is kept as a digest that only the key’s holder can try texts against', async () => {
  const { first } = await begin({}, { env: { PASSWORD: 'hunter2' } })
  const attempt = await world.store.attempt(first.attempt as never)
  expect(attempt?.reuseKey).toMatch(/^[0-9a-f]{64}$/)
  const { vault } = world.plane.plane
  expect(await vault.fingerprint('a')).toBe(await vault.fingerprint('a'))
  const other = await EngineWorld.open()
  expect(await other.plane.plane.vault.fingerprint('a')).not.toBe(await vault.fingerprint('a'))
  await other.plane.close()
})
