import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Handle, named, TrafficWorld, text } from '../../../../test/fixtures/traffic-world.ts'
import { ASLEEP } from '../../frames/index.ts'

let world: TrafficWorld
beforeEach(async () => {
  world = new TrafficWorld()
  await world.start()
})
afterEach(() => world.stop())

const full: Handle = (_frame, reply) => reply(text(503, '{"code":"QUEUE_FULL"}', 'retry-after: 1\n'))

test('a request that is lost is sent once more, to another replica', async () => {
  const [a, b] = [await world.replica('a'), await world.replica('b')]
  a.handle = b.handle = (_frame, reply) => reply(text(200, 'second'))
  for (const replica of [a, b]) {
    replica.handle = (...call) => {
      if (a.asked.length + b.asked.length === 1) void replica.lose()
      else named('second')(...call)
    }
  }
  await world.route([['stable', 1, [a, b]]])
  const outcome = await world.ask()
  expect(outcome).toMatchObject({ status: 200, end: { sends: 2, status: 200 } })
  expect([a.asked.length, b.asked.length]).toEqual([1, 1])
})

test('one that ends every replica that it meets ends two, and fails', async () => {
  const replicas = await Promise.all(['a', 'b', 'c'].map(name => world.replica(name)))
  for (const replica of replicas) replica.handle = () => void replica.lose()
  await world.route([['stable', 1, replicas]])
  expect(await world.ask()).toMatchObject({ status: 502, error: { code: 'REPLICA_LOST' } })
  expect(replicas.map(({ asked }) => asked.length).sort()).toEqual([0, 1, 1])
})

test('what was answered is never sent again, whatever the answer', async () => {
  for (const status of [200, 400, 429, 500, 502, 504]) {
    const [a, b] = [await world.replica(`a${status}`), await world.replica(`b${status}`)]
    a.handle = b.handle = (_frame, reply) => reply(text(status, 'so'))
    await world.route([['stable', 1, [a, b]]])
    expect(await world.ask()).toMatchObject({ status, end: { sends: 1 } })
    expect(a.asked.length + b.asked.length).toBe(1)
  }
})

test('a full queue sends a request to another replica of the same arm, once', async () => {
  const [a, b, stable] = [
    await world.replica('a', full),
    await world.replica('b', full),
    await world.replica('s'),
  ]
  await world.route([
    ['stable', 0, [stable]],
    ['canary', 1, [a, b]],
  ])
  expect(await world.ask()).toMatchObject({ status: 503, target: { arm: 'canary' }, end: { sends: 2 } })
  expect([a.asked.length, b.asked.length, stable.asked.length]).toEqual([1, 1, 0])
  b.handle = named('b')
  for (let i = 0; i < 10; i++) expect(await world.ask()).toMatchObject({ status: 200 })
})

test('with one replica a full queue is told as it is', async () => {
  await world.route([['stable', 1, [await world.replica('a', full)]]])
  const outcome = await world.ask()
  expect(outcome).toMatchObject({ status: 503, end: { sends: 1 } })
  expect(String(outcome.answer?.body)).toContain('QUEUE_FULL')
})

test('a budget ends the repeating before it adds as much again as came', async () => {
  const [a, b] = [await world.replica('a', full), await world.replica('b', full)]
  await world.route([['stable', 1, [a, b]]])
  const { retries } = world.state.route('production', 'm')
  while (retries.take(performance.now())) {}
  const before = performance.now()
  const outcomes = await Promise.all(Array.from({ length: 500 }, () => world.ask()))
  const repeated = outcomes.filter(({ end }) => end.sends === 2).length
  const allowed = 500 * 0.2 + ((performance.now() - before) / 1000) * 10 + 1
  expect(repeated).toBeGreaterThan(0)
  expect(repeated).toBeLessThanOrEqual(allowed)
  const told = [...world.state.counters.registry.families()].find(({ name }) => name === 'ballast_retries')
  expect([...told!.samples()].map(({ labels }) => labels[2]).sort()).toEqual(['full', 'no budget'])
})

test('a replica that sleeps is waited for until it is back, and that was no send that failed', async () => {
  const a = await world.replica('a')
  a.handle = (_frame, reply) => reply({ status: ASLEEP, headers: '', body: [] })
  await world.route([['stable', 1, [a]]])
  const [first, second] = [world.ask(), world.ask({ body: 'other' })]
  await until(() => world.state.waiting.size === 2)
  a.handle = (frame, reply) => reply(text(200, `awake: ${frame.body}`))
  await a.lose()
  await a.listen()
  const outcomes = await Promise.all([first, second])
  expect(outcomes.map(({ answer }) => String(answer?.body))).toEqual(['awake: {}', 'awake: other'])
  expect(world.state.waiting.size).toBe(0)
  expect(world.state.route('production', 'm').stable?.series.errors).toBe(0)
})

test('waiting ends with the deadline, and with the client', async () => {
  const a = await world.replica('a', (_frame, reply) => reply({ status: ASLEEP, headers: '', body: [] }))
  await world.route([['stable', 1, [a]]])
  const late = world.ask({ timeoutMs: 50 })
  const gone = world.begin()
  expect(await late).toMatchObject({ status: 504, error: { code: 'DEADLINE_EXCEEDED' } })
  await until(() => world.state.waiting.size === 1)
  gone.prediction.abandon()
  expect(await gone.outcome).toMatchObject({ status: 499 })
  expect(world.state.waiting.size).toBe(0)
})

test('a canary that sleeps is not answered for by stable', async () => {
  const [stable, canary] = [await world.replica('s'), await world.replica('c')]
  canary.handle = (_frame, reply) => reply({ status: ASLEEP, headers: '', body: [] })
  await world.route([
    ['stable', 0, [stable]],
    ['canary', 1, [canary]],
  ])
  const waiting = world.ask()
  await until(() => world.state.waiting.size === 1)
  canary.handle = named('c')
  await canary.lose()
  await canary.listen()
  expect(await waiting).toMatchObject({ status: 200, target: { arm: 'canary' } })
  expect(stable.asked).toEqual([])
})

test('as many as may wait do, and the rest is refused at once', async () => {
  const a = await world.replica('a', (_frame, reply) => reply({ status: ASLEEP, headers: '', body: [] }))
  await world.route([['stable', 1, [a]]])
  const first = world.begin()
  await until(() => world.state.waiting.size === 1)
  const others = Array.from({ length: 1000 }, () => world.begin({ timeoutMs: 30_000 }))
  expect(world.state.waiting.size).toBe(1000)
  expect(await others.at(-1)!.outcome).toMatchObject({ status: 503, error: { code: 'QUEUE_FULL' } })
  for (const { prediction } of [first, ...others]) prediction.abandon()
  expect(world.state.waiting.size).toBe(0)
})

test('a replica that fails again and again gets no more requests, while another can take them', async () => {
  const [good, bad] = [
    await world.replica('good'),
    await world.replica('bad', (_frame, reply) => reply(text(500, '{}'))),
  ]
  await world.route([['stable', 1, [good, bad]]])
  const statuses = new Map<number, number>()
  for (let i = 0; i < 200; i++) {
    const { status } = await world.ask()
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  expect(statuses.get(500)).toBeLessThanOrEqual(20)
  expect(bad.asked.length).toBe(statuses.get(500))
  const series = world.state.route('production', 'm').stable!.series
  expect(series.errors).toBe(statuses.get(500))
})

test('where all of an arm fail, all are asked still: a failing canary is seen to fail', async () => {
  const fails: Handle = (_frame, reply) => reply(text(500, '{}'))
  const [s, a, b] = [
    await world.replica('s'),
    await world.replica('a', fails),
    await world.replica('b', fails),
  ]
  await world.route(
    [
      ['stable', 0.5, [s]],
      ['canary', 0.5, [a, b]],
    ],
    { rollout: { id: 'rol', step: 0 } },
  )
  let canary = 0
  for (let i = 0; i < 200; i++) if ((await world.ask()).target?.arm === 'canary') canary++
  expect(canary).toBeGreaterThan(50)
  const [step] = world.state.counters.rollouts()
  expect(step?.arms.canary).toMatchObject({ requests: canary, errors: canary })
  expect(step?.arms.stable).toMatchObject({ errors: 0 })
})

test('with one connection many requests are lost, and that is one failure: the replica that comes back is asked', async () => {
  const [a, b] = [await world.replica('a', () => {}), await world.replica('b')]
  await world.route([['stable', 1, [a, b]]])
  const asked = Array.from({ length: 40 }, () => world.ask())
  await until(() => a.asked.length > 10 && b.asked.length > 0)
  await a.lose()
  expect((await Promise.all(asked)).every(({ status }) => status === 200)).toBe(true)
  a.handle = named('a')
  await a.listen()
  await world.connected()
  const before = a.asked.length
  for (let i = 0; i < 40; i++) expect(await world.ask()).toMatchObject({ status: 200 })
  expect(a.asked.length).toBeGreaterThan(before)
})

async function until(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { interval: 2, timeout: 5000 }).toBe(true)
}
