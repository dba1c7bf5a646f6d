import { describe, expect, test } from 'vitest'
import { newId } from '../../../src/core/index.ts'
import type {
  Environment,
  EnvironmentDeployment,
  Job,
  Release,
  SigningKey,
} from '../../../src/pipeline/index.ts'
import type { Stores } from '../../../src/storage/index.ts'
import { aReadyJob, COMMIT, later, NOON, settle } from './world.ts'

type Home = Awaited<ReturnType<typeof settle>>

function anEnvironment({ project }: Home, change: Partial<Environment> = {}): Environment {
  return {
    id: newId('environment'),
    project,
    name: "review/it's; drop table",
    slug: 'review-it-s-1a2b3c',
    tier: 'development',
    state: 'available',
    ref: 'refs/heads/topic',
    stopAsked: false,
    revision: 1,
    createdAt: NOON,
    updatedAt: NOON,
    ...change,
  }
}

function aDeployment(
  { principal }: Home,
  { id }: Environment,
  job: Job,
  change: Partial<EnvironmentDeployment> = {},
): EnvironmentDeployment {
  return {
    id: newId('environmentDeployment'),
    environment: id,
    attempt: newId('attempt'),
    job: job.id,
    pipeline: job.pipeline,
    commit: COMMIT,
    ref: 'refs/heads/topic',
    by: principal,
    state: 'succeeded',
    createdAt: NOON,
    ...change,
  }
}

function aRelease({ project, principal }: Home, job: Job, change: Partial<Release> = {}): Release {
  return {
    id: newId('release'),
    project,
    tag: 'v1',
    commit: COMMIT,
    name: 'First',
    description: '# 数字',
    milestones: ['m1'],
    links: [{ name: 'docs', url: 'https://example.org', type: 'other' }],
    releasedAt: later(5),
    createdAt: NOON,
    by: principal,
    pipeline: job.pipeline,
    job: job.id,
    madeTag: true,
    state: 'pending',
    ...change,
  }
}

const aKey = (id: string, change: Partial<SigningKey> = {}): SigningKey => ({
  id,
  purpose: 'identity',
  publicKey: { kty: 'RSA', n: 'abc', e: 'AQAB' },
  sealed: 'v1.sealed',
  createdAt: NOON,
  ...change,
})

/** Environments, releases and signing keys. */
export function deliveryContract(stores: () => Stores): void {
  const store = () => stores().delivery
  const begin = async () => {
    const home = await settle(stores())
    return { home, job: await aReadyJob(stores(), home) }
  }

  describe('environments', () => {
    test('come back as they were saved, by id, name and project', async () => {
      const { home } = await begin()
      const whole = anEnvironment(home, {
        url: 'https://topic.example.org',
        stopJob: newId('job'),
        autoStopAt: later(5),
        reason: 'because',
        model: 'digits',
        stopAsked: true,
      })
      expect(await store().saveEnvironment(whole, undefined)).toBe('saved')
      expect(await store().saveEnvironment(anEnvironment(home), undefined)).toBe('moved on')
      expect(await store().environment(whole.id)).toEqual(whole)
      expect(await store().environmentByName(home.project, whole.name)).toEqual(whole)
      expect(await store().environments(home.project)).toEqual([whole])
      expect(await store().environments(newId('project'))).toEqual([])
    })

    test('change only from the revision that was read', async () => {
      const { home } = await begin()
      const first = anEnvironment(home)
      await store().saveEnvironment(first, undefined)
      const second: Environment = { ...first, revision: 2, state: 'stopped' }
      expect(await store().saveEnvironment(second, 1)).toBe('saved')
      expect(await store().saveEnvironment({ ...first, revision: 2 }, 1)).toBe('moved on')
      expect(await store().environment(first.id)).toEqual(second)
    })

    test('keep each deployment once for its attempt, the latest first', async () => {
      const { home, job } = await begin()
      const environment = anEnvironment(home)
      const early = aDeployment(home, environment, job)
      const late = aDeployment(home, environment, job, { createdAt: later(1), state: 'failed' })
      expect(await store().saveEnvironment(environment, undefined, early)).toBe('saved')
      const next = { ...environment, revision: 2, deployment: early.id }
      expect(await store().saveEnvironment(next, 1, early)).toBe('known')
      expect(await store().environment(environment.id)).toEqual(environment)
      expect(await store().saveEnvironment(next, 7, late)).toBe('moved on')
      expect(await store().saveEnvironment(next, 1, late)).toBe('saved')
      expect(await store().environment(environment.id)).toEqual(next)
      expect(await store().environmentDeployment(late.id)).toEqual(late)
      expect(await store().environmentDeployments(environment.id, 9)).toEqual([late, early])
      expect(await store().environmentDeployments(environment.id, 1)).toEqual([late])
    })

    test('are found by what stops them', async () => {
      const { home } = await begin()
      const add = async (name: string, change: Partial<Environment>) => {
        const environment = anEnvironment(home, { name, ...change })
        await store().saveEnvironment(environment, undefined)
      }
      await add('a', { autoStopAt: later(20) })
      await add('b', { autoStopAt: later(10) })
      await add('c', { state: 'stopped', autoStopAt: later(10) })
      await add('d', { state: 'stopping', ref: 'refs/heads/other', autoStopAt: later(10) })
      const names = (found: readonly Environment[]) => found.map(({ name }) => name).join(' ')
      expect(names(await store().environmentsDue(later(9)))).toBe('')
      expect(names(await store().environmentsDue(later(20)))).toBe('b a')
      expect(names(await store().environmentsStopping())).toBe('d')
      expect(names(await store().environmentsOfRef(home.project, 'refs/heads/topic'))).toBe('a b')
      expect(names(await store().environmentsOfRef(home.project, 'refs/heads/other'))).toBe('')
    })
  })

  describe('releases', () => {
    test('there is one at each tag, published once its tag is there', async () => {
      const { home, job } = await begin()
      const release = aRelease(home, job)
      expect(await store().addRelease(release)).toBe(true)
      expect(await store().addRelease(aRelease(home, job, { name: 'Other' }))).toBe(false)
      expect(await store().release(home.project, 'v1')).toEqual(release)
      expect(await store().releases(home.project, { limit: 9 })).toEqual([])
      await store().publishRelease(release.id)
      await store().dropRelease(release.id)
      const published: Release = { ...release, state: 'published' }
      expect(await store().releases(home.project, { limit: 9 })).toEqual([published])
      const second = aRelease(home, job, { tag: 'v2', state: 'published' })
      await store().addRelease(second)
      expect(await store().releases(home.project, { limit: 1 })).toEqual([second])
      expect(await store().releases(home.project, { limit: 9, before: second.id })).toEqual([published])
    })

    test('one that is pending can be dropped', async () => {
      const { home, job } = await begin()
      const release = aRelease(home, job)
      await store().addRelease(release)
      expect(await store().pendingReleases(job.id)).toEqual([release])
      expect(await store().pendingReleases(newId('job'))).toEqual([])
      await store().dropRelease(release.id)
      expect(await store().release(home.project, 'v1')).toBeUndefined()
    })
  })

  test('a job is held by its latest attempt, and let go by that alone', async () => {
    const { job } = await begin()
    const [first, second] = [newId('attempt'), newId('attempt')]
    await store().holdJob({ job: job.id, attempt: first, createdAt: NOON })
    const held = { job: job.id, attempt: second, result: { tests: 3 }, createdAt: later(1) }
    await store().holdJob(held)
    await store().letJobGo(job.id, first)
    expect(await store().heldJob(job.id)).toEqual(held)
    expect(await store().heldJobs()).toEqual([held])
    await store().letJobGo(job.id, second)
    expect(await store().heldJobs()).toEqual([])
  })

  test('one signing key is in use, and whoever puts another in its place knew it', async () => {
    await begin()
    expect(await store().addSigningKey(aKey('a'), 'x')).toBe(false)
    expect(await store().addSigningKey(aKey('a'), undefined)).toBe(true)
    expect(await store().addSigningKey(aKey('b'), undefined)).toBe(false)
    expect(await store().addSigningKey(aKey('b', { createdAt: later(1) }), 'a')).toBe(true)
    await store().removeSigningKey('b')
    expect(await store().signingKeys('identity')).toEqual([
      aKey('a', { retiredAt: later(1) }),
      aKey('b', { createdAt: later(1) }),
    ])
    await store().removeSigningKey('a')
    expect((await store().signingKeys('identity')).map(({ id }) => id)).toEqual(['b'])
  })

  test('keys of another purpose are keys of their own', async () => {
    await begin()
    const record = (id: string) => aKey(id, { purpose: 'records' })
    expect(await store().addSigningKey(aKey('a'), undefined)).toBe(true)
    expect(await store().addSigningKey(record('r'), 'a')).toBe(false)
    expect(await store().addSigningKey(record('r'), undefined)).toBe(true)
    expect(await store().addSigningKey(record('s'), 'r')).toBe(true)
    expect(await store().signingKeys('identity')).toEqual([aKey('a')])
    expect((await store().signingKeys('records')).map(({ id }) => id)).toEqual(['r', 's'])
  })
}
