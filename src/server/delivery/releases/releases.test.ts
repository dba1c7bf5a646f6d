import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DeliveryWorld } from '../../../../test/server/delivery.ts'
import { newId } from '../../../core/index.ts'
import type { Pipeline, PlannedJob, ReleaseRequest } from '../../../pipeline/index.ts'
import { DeliveryDesk } from '../desk.ts'

let world: DeliveryWorld
beforeEach(async () => {
  world = await DeliveryWorld.open()
})
afterEach(() => world.close())

const release = (change: Partial<ReleaseRequest> = {}, more: Partial<PlannedJob> = {}) => ({
  name: 'release',
  release: { tag: 'v1', description: 'The first', milestones: [], links: [], ...change },
  ...more,
})

/** What became of a release job: its state and reason. */
async function became(pipeline: Pipeline): Promise<readonly [string, string | undefined]> {
  const { state, reason } = await world.job(pipeline, 'release')
  return [state, reason]
}

async function released(change: Partial<ReleaseRequest> = {}, more: Partial<PlannedJob> = {}) {
  const pipeline = await world.begin('main', release(change, more))
  await world.engine.runReady()
  return pipeline
}

async function principalWith(role: 'reader' | 'developer' | 'maintainer' | undefined) {
  const { stores, clock } = world.engine.plane.plane
  const id = newId('principal')
  const project = (await stores.access.projectByName('digits'))!
  const createdAt = clock.now()
  await stores.access.addPrincipal({ id, name: 'grace', kind: 'person', admin: false, createdAt })
  if (role) await stores.access.setRole(id, project.id, role)
  await stores.access.protectRefs(project.id, ['refs/tags/v*'])
  return id
}

describe('a job that succeeds', () => {
  test('makes the tag, and the release with what its texts come to', async () => {
    const links = [{ name: 'docs of $VERSION', url: 'https://example.org/$VERSION', type: 'other' }]
    const texts = { tag: 'v$VERSION', name: 'Version $VERSION', milestones: ['m$VERSION'], links }
    const pipeline = await released(
      { ...texts, releasedAt: '2021-03-15T08:00:00Z' },
      { env: { VERSION: '2' } },
    )
    expect(await became(pipeline)).toEqual(['succeeded', 'released v2'])
    expect(world.repository.ref('refs/tags/v2')).toBe(world.commit)
    expect(await world.release('v2')).toMatchObject({
      state: 'published',
      commit: world.commit,
      name: 'Version 2',
      description: 'The first',
      milestones: ['m2'],
      links: [{ name: 'docs of 2', url: 'https://example.org/2', type: 'other' }],
      releasedAt: Date.parse('2021-03-15T08:00:00Z'),
      by: pipeline.principal,
      madeTag: true,
    })
    expect(await world.engine.stateOf(pipeline.id)).toBe('succeeded')
  })

  test('annotates the tag where it has a message', async () => {
    await released({ tagMessage: 'First of $CI_PROJECT_NAME' })
    expect(world.repository.git(['for-each-ref', '--format=%(objecttype) %(contents)', 'refs/tags'])).toBe(
      'tag First of digits',
    )
    expect(world.repository.ref('refs/tags/v1^{commit}')).toBe(world.commit)
  })

  test('takes a tag that is there, and leaves what is released as it is', async () => {
    world.repository.set('refs/tags/v1', world.commit)
    const first = await released()
    expect(await world.release('v1')).toMatchObject({
      madeTag: false,
      job: (await world.job(first, 'release')).id,
    })
    const again = await released({ description: 'Another' })
    expect(await became(again)).toEqual(['succeeded', 'v1 was released already'])
    await world.engine.actions.retry(await world.job(first, 'release'))
    await world.engine.runReady()
    expect(await became(first)).toEqual(['succeeded', 'v1 was released already'])
    expect(await world.release('v1')).toMatchObject({ description: 'The first' })
  })

  test.each([
    ['a file that it has kept', 'out/notes.md', 'Kept\n'],
    ['a file of the commit', './NOTES.md', '# From the commit\n'],
    ['a text that names no file', 'MISSING.md', 'MISSING.md'],
    ['a path that leads out', '../NOTES.md', '../NOTES.md'],
  ])('describes the release by %s', async (_, description, text) => {
    await world.begin('main', release({ description }))
    await world.engine.runReady(await world.kept({ 'out/notes.md': 'Kept\n' }))
    expect(await world.release('v1')).toMatchObject({ description: text })
  })

  test('releases another ref where it names one', async () => {
    const other = world.repository.commit({ a: '1' })
    world.repository.set('refs/heads/stable', other)
    await released({ ref: 'stable' })
    expect(await world.release('v1')).toMatchObject({ commit: other })
  })

  test('shows no secret in it', async () => {
    await world.setSecret('KEY', 'correct-horse')
    await released({ description: 'Key: $KEY' })
    expect(await world.release('v1')).toMatchObject({ description: 'Key: [redacted]' })
  })
})

describe('a job fails, and nothing is released', () => {
  test.each<[string, Partial<ReleaseRequest>, string]>([
    ['the tag has no name', { tag: '$NOTHING' }, "'' is no name of a tag"],
    ['the tag has a bad name', { tag: 'a b' }, "'a b' is no name of a tag"],
    ['the ref is not there', { ref: 'nowhere' }, "there is no ref 'nowhere' to release"],
    ['the date is none', { releasedAt: 'soon' }, 'released_at is no date'],
    ['a link is none', { links: [{ name: 'x', url: 'javascript:alert(1)' }] }, 'no address for a browser'],
  ])('where %s', async (_, change, reason) => {
    const pipeline = await released(change)
    expect(await became(pipeline)).toEqual(['failed', expect.stringContaining(reason)])
    expect(await world.engine.stateOf(pipeline.id)).toBe('failed')
    expect(world.repository.git(['for-each-ref', 'refs/tags'])).toBe('')
    expect(await world.engine.plane.plane.stores.delivery.heldJobs()).toEqual([])
  })

  test('where the tag is elsewhere', async () => {
    const other = world.repository.commit({ a: '1' })
    world.repository.set('refs/tags/v1', other)
    const reason = `It was not released: tag v1 is at ${other.slice(0, 12)}, not at ${world.commit.slice(0, 12)}`
    expect(await became(await released())).toEqual(['failed', reason])
    expect(world.repository.ref('refs/tags/v1')).toBe(other)
    expect(await world.release('v1')).toBeUndefined()
  })

  test.each([
    ['reader', 'w1', false],
    ['developer', 'w1', true],
    ['developer', 'v1', false],
    ['maintainer', 'v1', true],
    [undefined, 'w1', false],
  ] as const)('where who started the pipeline may not push the tag: %s, %s: %s', async (role, tag, may) => {
    const principal = await principalWith(role)
    const { commit } = world
    const made = await world.engine.begin({ commit, principal }, release({ tag }))
    await world.engine.runReady()
    expect((await became(made))[0]).toBe(may ? 'succeeded' : 'failed')
    expect(world.repository.git(['for-each-ref', 'refs/tags']) !== '').toBe(may)
  })

  test('where the script failed', async () => {
    const pipeline = await world.begin('main', release())
    await world.engine.runReady({ outcome: 'failed', exitCode: 1 })
    expect((await became(pipeline))[0]).toBe('failed')
    expect(await world.release('v1')).toBeUndefined()
  })

  test('where a release made the tag that it runs for: no release makes the next one for ever', async () => {
    await released()
    const next = await world.beginAt('refs/tags/v1', release({ tag: 'v2' }))
    await world.engine.runReady()
    expect(await became(next)).toEqual(['failed', expect.stringContaining('it makes no other')])
    const same = await world.beginAt('refs/tags/v1', release())
    await world.engine.runReady()
    expect((await became(same))[0]).toBe('succeeded')
  })
})

describe('after a crash', () => {
  /** A desk whose pushes go as far as the test lets them. */
  const dying = (move: () => Promise<never>) =>
    new DeliveryDesk(world.engine.plane.plane, world.engine.reconciler, { move })

  test('before the tag was made, it is made once', async () => {
    world.engine.desk.deliverWith(dying(() => Promise.reject(new Error('power cut'))))
    const pipeline = await released()
    expect((await became(pipeline))[0]).toBe('running')
    expect(await world.release('v1')).toMatchObject({ state: 'pending' })
    const [attempt] = await world.engine.store.attempts((await world.job(pipeline, 'release')).id)
    expect(attempt?.state).toBe('succeeded')
    await Promise.all([world.delivery.tick(), world.delivery.tick()])
    expect(await became(pipeline)).toEqual(['succeeded', 'released v1'])
    expect(await world.release('v1')).toMatchObject({ state: 'published', madeTag: true })
  })

  test('after the tag was made, it goes on', async () => {
    const cut = async (): Promise<never> => {
      world.repository.set('refs/tags/v1', world.commit)
      throw new Error('power cut')
    }
    world.engine.desk.deliverWith(dying(cut))
    const pipeline = await released()
    await world.delivery.tick()
    expect(await became(pipeline)).toEqual(['succeeded', 'released v1'])
  })

  test('before the end was written, the runner says it again', async () => {
    const pipeline = await world.begin('main', release())
    const [offer] = await world.engine.lease()
    const job = await world.job(pipeline, 'release')
    const [attempt] = await world.engine.store.attempts(job.id)
    await world.delivery.ending(job, attempt!, { to: 'succeeded' })
    await world.delivery.tick()
    expect((await became(pipeline))[0]).toBe('running')
    await world.engine.finish(offer!)
    expect(await became(pipeline)).toEqual(['succeeded', 'released v1'])
  })

  test('a job that was canceled meanwhile releases nothing', async () => {
    world.engine.desk.deliverWith(dying(() => Promise.reject(new Error('power cut'))))
    const pipeline = await released()
    await world.engine.actions.cancelJob(await world.job(pipeline, 'release'), 'ada')
    await world.delivery.tick()
    expect((await became(pipeline))[0]).toBe('canceled')
    expect(await world.release('v1')).toBeUndefined()
    expect(await world.engine.plane.plane.stores.delivery.heldJobs()).toEqual([])
  })

  test('what keeps failing fails the job in the end', async () => {
    const stuck = dying(() => Promise.reject(new Error('the disk is full')))
    world.engine.desk.deliverWith(stuck)
    const pipeline = await released()
    world.engine.plane.pass(11 * 60_000)
    await stuck.tick()
    expect(await became(pipeline)).toEqual(['failed', 'It was not released: the disk is full'])
    expect(await world.release('v1')).toBeUndefined()
  })
})
