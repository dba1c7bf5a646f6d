import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TrafficWorld, text } from '../../../../../test/fixtures/traffic-world.ts'
import { createLogger } from '../../../../core/index.ts'
import { openRequests, type Requests } from '../open.ts'

const DAY = 86_400_000
const LOG = { share: 1, redact: [] as string[], bodies: false, keepMs: 30 * DAY, limitBytes: 1e7 }
const ADA = { by: 'tok_ada', projects: ['p'] }

let world: TrafficWorld
let folder: string
let requests: Requests
let now = Date.now()

async function open(): Promise<void> {
  requests = await openRequests(world.state, { folder, logger: createLogger('test'), now: () => now })
}

beforeEach(async () => {
  world = new TrafficWorld()
  await world.start()
  folder = await mkdtemp(join(tmpdir(), 'labels-'))
  await open()
})
afterEach(async () => {
  await world.stop()
  await requests.close()
  await rm(folder, { recursive: true, force: true })
})

const deciding = (label: string) =>
  text(200, JSON.stringify({ model: 'm', version: 1, label, index: 0 }), 'content-type: application/json\n')

/** A replica that decides the same for all. */
const aReplica = (name: string, label: string) =>
  world.replica(name, (_frame, reply) => reply(deciding(label)))

let replicas = 0

async function served(label = 'cat', more: Partial<typeof LOG> = {}): Promise<void> {
  const replica = await aReplica(`p${replicas++}`, label)
  await world.route([['stable', 1, [replica]]], { traffic: { log: { ...LOG, ...more } } })
}

async function quality() {
  const [first] = await requests.quality()
  return first
}

test('labels are joined with what was answered, and counted by version and arm', async () => {
  await served('cat')
  for (const requestId of ['a', 'b', 'c']) await world.ask({ requestId })
  const given = [
    { id: 'a', label: 'cat' },
    { id: 'b', label: 'dog', score: 0.25 },
    { id: 'c', reward: 4 },
  ]
  expect(await requests.labels.give(given, ADA)).toEqual(['joined', 'joined', 'joined'])
  expect(await quality()).toEqual({
    ledger: expect.any(String),
    n: 4,
    environment: 'production',
    model: 'm',
    arms: [
      {
        version: 'ver_1',
        arm: 'stable',
        labelled: 2,
        incomparable: 0,
        correct: 1,
        wrong: 1,
        errors: { count: 0, sum: 0, squares: 0, absolute: 0 },
        scores: { count: 1, sum: 0.25, squares: 0.0625 },
        rewards: { count: 1, sum: 4, squares: 16 },
      },
    ],
    pairs: [],
  })
})

describe('an experiment', () => {
  const asked = async (rollout: string, callers: readonly string[]) => {
    await world.route([['stable', 1, [await aReplica(`p${replicas++}`, 'cat')]]], {
      traffic: { log: LOG },
      rollout: { id: rollout, step: 0, groups: 32 },
    })
    for (const caller of callers)
      await world.ask({ requestId: `${rollout} ${caller}`, headers: { 'ballast-affinity': caller } })
  }
  const armOf = async (rollout: string) =>
    (await quality())?.arms.find(({ rollout: counted }) => counted?.id === rollout)

  test('is counted by groups of callers as well, over a restart too', async () => {
    const callers = Array.from({ length: 40 }, (_, i) => `caller-${i}`)
    await asked('rol_1', callers)
    const told = callers.map((caller, i) => ({
      id: `rol_1 ${caller}`,
      label: i % 4 === 0 ? 'dog' : 'cat',
      reward: i,
    }))
    await requests.labels.give(told.slice(0, 20), ADA)
    await requests.close()
    await open()
    await requests.labels.give(told.slice(20), ADA)
    const { correct, wrong, rewards, groups = {} } = (await armOf('rol_1'))!
    expect({ correct, wrong, rewards: rewards.count }).toEqual({ correct: 30, wrong: 10, rewards: 40 })
    const all = Object.values(groups)
    expect(all.length).toBeGreaterThan(10)
    const sum = (of: (group: (typeof all)[number]) => number) =>
      all.reduce((total, each) => total + of(each), 0)
    expect(sum(group => group.correct)).toBe(30)
    expect(sum(group => group.wrong)).toBe(10)
    expect(sum(group => group.rewards.squares)).toBe(rewards.squares)
  })

  test('has its groups until the next one begins; what comes later of the older counts without', async () => {
    await asked('rol_1', ['a', 'b'])
    await requests.labels.give([{ id: 'rol_1 a', reward: 1 }], ADA)
    await asked('rol_2', ['a'])
    await requests.labels.give([{ id: 'rol_2 a', reward: 1 }], ADA)
    await requests.labels.give([{ id: 'rol_1 b', reward: 1 }], ADA)
    expect(await armOf('rol_1')).toMatchObject({ rewards: { count: 2 } })
    expect((await armOf('rol_1'))?.groups).toBeUndefined()
    expect(Object.keys((await armOf('rol_2'))?.groups ?? {})).toHaveLength(1)
  })
})

test('the same again changes nothing; another value is told, and does not count', async () => {
  await served('cat')
  await world.ask({ requestId: 'a' })
  const [item, other] = [
    { id: 'a', label: 'cat' },
    { id: 'a', label: 'dog' },
  ]
  expect(await requests.labels.give([item, item, other], ADA)).toEqual(['joined', 'repeated', 'conflicting'])
  const before = await quality()
  expect(await requests.labels.give([item, other], ADA)).toEqual(['repeated', 'conflicting'])
  // A reward is another thing, and comes beside the label.
  expect(await requests.labels.give([{ ...item, reward: 1 }], ADA)).toEqual(['joined'])
  const after = await quality()
  expect(after?.arms[0]).toEqual({ ...before?.arms[0], rewards: { count: 1, sum: 1, squares: 1 } })
  expect(after?.arms[0]).toMatchObject({ labelled: 1, correct: 1, wrong: 0 })
})

test('where a shadow answered too, both are counted, and who of them was right', async () => {
  const [primary, shadow] = [await aReplica('p', 'cat'), await aReplica('s', 'dog')]
  await world.route([['stable', 1, [primary]]], {
    traffic: { log: LOG, mirror: { share: 1, keep: 'digests', ...world.versioned(9, [shadow]) } },
    rollout: { id: 'rol', step: 2 },
  })
  const ids = ['a', 'b', 'c', 'd']
  for (const requestId of ids) await world.ask({ requestId })
  await expect.poll(() => world.state.mirrors.agreements.report()[0]?.pairs).toBe(4)
  await requests.labels.give(
    [
      { id: 'a', label: 'cat' },
      { id: 'b', label: 'cat' },
      { id: 'c', label: 'dog' },
      { id: 'd', label: 'cow' },
    ],
    ADA,
  )
  const rollout = { id: 'rol', step: 2 }
  expect(await quality()).toMatchObject({
    arms: [
      { version: 'ver_1', arm: 'stable', rollout, correct: 2, wrong: 2 },
      { version: 'ver_9', arm: 'shadow', rollout, correct: 1, wrong: 3 },
    ],
    pairs: [
      {
        primary: 'ver_1',
        shadow: 'ver_9',
        arm: 'stable',
        rollout,
        both: 0,
        onlyPrimary: 2,
        onlyShadow: 1,
        neither: 1,
      },
    ],
  })
})

test('feedback that comes before its request waits for it, also over a restart', async () => {
  await served('cat')
  expect(await requests.labels.give([{ id: 'early', label: 'cat' }], ADA)).toEqual(['waiting'])
  await requests.close()
  await open()
  await world.ask({ requestId: 'early' })
  await requests.log.flush()
  await requests.labels.settled()
  expect(await quality()).toMatchObject({ arms: [{ correct: 1 }] })
  expect(requests.labels.counts).toMatchObject({ joined: 1, waiting: 0 })
  expect(await requests.labels.give([{ id: 'early', label: 'cat' }], ADA)).toEqual(['repeated'])
})

test('what waits is let go of after a day', async () => {
  await served('cat')
  await requests.labels.give([{ id: 'late', label: 'cat' }], ADA)
  await requests.close()
  now += DAY + 1
  await open()
  await world.ask({ requestId: 'late' })
  await requests.log.flush()
  await requests.labels.settled()
  expect((await quality())?.arms).toEqual([])
})

test('what the sample leaves out is told apart from what is not known', async () => {
  await served('cat', { share: 0 })
  expect(await requests.labels.give([{ id: 'x', label: 'cat' }], ADA)).toEqual(['not logged'])
  await served('cat', { share: 1 })
  const items = [
    { id: 'x', label: 'cat' },
    { id: 'x', label: 'cat', model: 'another' },
    { id: 'x', label: 'cat', environment: 'staging' },
  ]
  expect(await requests.labels.give(items, ADA)).toEqual(['waiting', 'not logged', 'not logged'])
})

test("a token labels requests of its own projects, and learns nothing of others'", async () => {
  await served('cat')
  await world.ask({ requestId: 'a' })
  const item = { id: 'a', label: 'dog' }
  const unknown = { id: 'nobody', label: 'dog' }
  const eve = { by: 'tok_eve', projects: ['q'] }
  expect(await requests.labels.give([item, unknown], eve)).toEqual(['waiting', 'waiting'])
  expect((await quality())?.arms).toEqual([])
  // Nor when a request of that id is written again.
  await world.ask({ requestId: 'a' })
  await requests.log.flush()
  await requests.labels.settled()
  expect((await quality())?.arms).toEqual([])
  expect(await requests.labels.give([item], { by: 'tok_all', projects: undefined })).toEqual(['joined'])
})

test('a flood of unknown ids is bounded, for each token', async () => {
  await served('cat')
  const fates: string[] = []
  for (let call = 0; call < 26; call++) {
    const items = Array.from({ length: 1000 }, (_, i) => ({ id: `${call}-${i}`, label: 1 }))
    fates.push(...(await requests.labels.give(items, ADA)))
  }
  expect(fates.filter(fate => fate === 'waiting')).toHaveLength(25_000)
  expect(fates.filter(fate => fate === 'full')).toHaveLength(1000)
  expect(await requests.labels.give([{ id: 'other', label: 'cat' }], { ...ADA, by: 'tok_bob' })).toEqual([
    'waiting',
  ])
  const same = Array.from({ length: 10 }, (_, i) => ({ id: 'same', label: i }))
  const ofOne = await requests.labels.give(same, { ...ADA, by: 'tok_bob' })
  expect(ofOne.filter(fate => fate === 'full')).toHaveLength(2)
  await world.ask({ requestId: 'mine' })
  expect(await requests.labels.give([{ id: 'mine', label: 'cat' }], ADA)).toEqual(['joined'])
})

test.each(['../../etc/passwd', '__proto__', 'constructor', 'a b', '"', 'x\u0000y'])(
  'the id %j is an id like any other',
  async id => {
    await served('cat')
    expect(await requests.labels.give([{ id, label: 'cat' }], ADA)).toEqual(['waiting'])
    expect(await requests.labels.give([{ id, label: 'cat' }], ADA)).toEqual(['waiting'])
  },
)

test('counts outlive a process, whatever was written of them', async () => {
  await served('cat')
  for (const requestId of ['a', 'b']) await world.ask({ requestId })
  await requests.labels.give([{ id: 'a', label: 'cat' }], ADA)
  const counts = join(folder, 'production~m', 'labels', 'counts.json')
  const before = await readFile(counts)
  await requests.labels.give([{ id: 'b', label: 'cat' }], ADA)
  const both = await quality()
  await requests.close()
  // Killed after the line was written, before the counts were.
  await writeFile(counts, before)
  await open()
  expect(await quality()).toEqual(both)
  await requests.close()
  await rm(counts)
  await open()
  expect(await quality()).toEqual({ ...both, ledger: expect.any(String) })
  expect(await requests.labels.give([{ id: 'b', label: 'cat' }], ADA)).toEqual(['repeated'])
})
