import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type Handle,
  type PlayedReplica,
  TrafficWorld,
  text,
} from '../../../../../test/fixtures/traffic-world.ts'
import { createLogger } from '../../../../core/index.ts'
import { headerOf } from '../../../frames/index.ts'
import { Mirrors } from './mirrors.ts'
import { PairsFile } from './pairs-file.ts'

let world: TrafficWorld
beforeEach(async () => {
  world = new TrafficWorld()
  await world.start()
})
afterEach(() => world.stop())

const JSON_TYPE = 'content-type: application/json\n'
const answering =
  (version: number, data: readonly number[]): Handle =>
  (_frame, reply) =>
    reply(
      text(
        200,
        JSON.stringify({
          model_name: 'm',
          model_version: String(version),
          outputs: [{ name: 'y', datatype: 'FP32', shape: [1, data.length], data }],
        }),
        JSON_TYPE,
      ),
    )

async function aMirrored(
  primary: PlayedReplica,
  mirror: PlayedReplica,
  more: { readonly share?: number; readonly keep?: 'digests' | 'answers' } = {},
): Promise<void> {
  await world.route([['stable', 1, [primary]]], {
    traffic: { mirror: { share: 1, keep: 'digests', ...more, ...world.versioned(9, [mirror]) } },
  })
}

const report = () => world.state.mirrors.agreements.report()[0]
const settled = (pairs: number) => expect.poll(() => report()?.pairs, { interval: 2 }).toBe(pairs)

test('a request goes to the mirror too, after it went out, behind all that somebody waits for', async () => {
  const order: string[] = []
  const [primary, mirror] = [await world.replica('p'), await world.replica('m')]
  primary.handle = (...call) => {
    order.push('primary')
    answering(1, [0.1, 0.9])(...call)
  }
  mirror.handle = (...call) => {
    order.push('mirror')
    answering(9, [0.2, 0.8])(...call)
  }
  await aMirrored(primary, mirror)
  const outcome = await world.ask({ body: '{"a":1}', headers: { 'ballast-priority': '3' } })
  expect(outcome).toMatchObject({ status: 200, target: { versionNumber: 1 } })
  await settled(1)
  expect(order).toEqual(['primary', 'mirror'])
  expect(mirror.asked.map(({ body }) => String(body))).toEqual(['{"a":1}'])
  expect(headerOf(primary.asked[0]!.headers, 'priority')).toBe('3')
  expect(headerOf(mirror.asked[0]!.headers, 'priority')).toBe('255')
  expect(report()).toMatchObject({
    primary: 'ver_1',
    mirror: 'ver_9',
    pairs: 1,
    compared: 1,
    agreed: 1,
    identical: 0,
  })
})

test('both answers are put side by side, line by line', async () => {
  const sink = new PairsFile(world.folder, createLogger('test'))
  world.state.mirrors.sink = sink
  const [primary, mirror] = [
    await world.replica('p', answering(1, [0.25, 0.75])),
    await world.replica('m', answering(9, [0.75, 0.25])),
  ]
  await aMirrored(primary, mirror)
  await world.ask()
  await settled(1)
  mirror.handle = answering(9, [0.25, 0.75])
  await world.ask()
  await settled(2)
  mirror.handle = (_frame, reply) => reply(text(500, '{"error":"no"}', JSON_TYPE))
  await world.ask()
  await settled(3)
  await aMirrored(primary, mirror, { keep: 'answers' })
  await world.ask()
  await settled(4)
  await sink.close()
  const lines = (await readFile(join(world.folder, 'pairs.jsonl'), 'utf8')).trimEnd().split('\n')
  const pairs = lines.map(line => JSON.parse(line))
  expect(pairs).toMatchObject([
    {
      requestId: 'req',
      model: 'm',
      environment: 'production',
      primary: { version: 'ver_1', versionNumber: 1, arm: 'stable', status: 200 },
      mirror: { version: 'ver_9', versionNumber: 9, status: 200 },
      identical: false,
      agreed: false,
      largestDifference: 0.5,
    },
    { identical: true, agreed: true, largestDifference: 0 },
    { mirror: { status: 500 } },
    {
      mirror: { status: 500, answer: '{"error":"no"}' },
      primary: { answer: expect.stringContaining('0.75') },
    },
  ])
  expect(pairs[0].primary.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(pairs[2]).not.toHaveProperty('identical')
  expect(pairs[1].primary.digest).toBe(pairs[1].mirror.digest)
  // Bodies are kept where the route says so, and nowhere else.
  expect(lines.slice(0, 3).join('')).not.toContain('"answer"')
  expect(report()).toMatchObject({
    pairs: 4,
    identical: 1,
    agreed: 1,
    compared: 2,
    mirrorErrors: 2,
    primaryErrors: 0,
  })
})

test('a mirror that hangs, refuses or is gone never touches the caller, and what it does not get is counted', async () => {
  const [primary, mirror] = [await world.replica('p', answering(1, [1])), await world.replica('m', () => {})]
  await aMirrored(primary, mirror)
  const outcomes = await Promise.all(Array.from({ length: 400 }, () => world.ask()))
  expect(outcomes.every(({ status }) => status === 200)).toBe(true)
  // No more than 64 wait on one mirror.
  await expect.poll(() => report()?.dropped).toBe(400 - 64)
  await expect.poll(() => mirror.asked.length).toBe(64)
  expect(world.state.mirrors.underWay).toBe(64)
  await mirror.lose()
  await settled(64)
  expect(report()).toMatchObject({ mirrorErrors: 64, primaryErrors: 0 })
  expect(world.state.mirrors.underWay).toBe(0)
  expect(await world.ask()).toMatchObject({ status: 200 })
  await expect.poll(() => report()?.dropped).toBe(400 - 64 + 1)
})

describe('a shadow step', () => {
  const STEP = { id: 'rol_1', step: 0 }
  const shadowed = async (primary: PlayedReplica, shadow: PlayedReplica, step = STEP) =>
    world.route([['stable', 1, [primary]]], {
      rollout: step,
      traffic: {
        mirror: { share: 1, keep: 'digests', rollout: step, ...world.versioned(9, [shadow]) },
        rules: [{ header: 'x-arm', match: { kind: 'present' }, to: { kind: 'arm', arm: 'stable' } }],
      },
    })

  test('asks the candidate when the caller has its answer, and counts both sides of its requests', async () => {
    const order: string[] = []
    const [primary, shadow] = [await world.replica('p'), await world.replica('s')]
    let release: () => void = () => {}
    primary.handle = (frame, reply, call) => {
      order.push('asked')
      release = () => answering(1, [0.1, 0.9])(frame, reply, call)
    }
    shadow.handle = (...call) => {
      order.push('shadow')
      answering(9, [0.9, 0.1])(...call)
    }
    await shadowed(primary, shadow)
    const { outcome } = world.begin()
    await expect.poll(() => order).toEqual(['asked'])
    expect(shadow.asked).toHaveLength(0)
    release()
    expect(await outcome).toMatchObject({ status: 200, target: { versionNumber: 1 } })
    order.push('answered')
    await settled(1)
    expect(order).toEqual(['asked', 'answered', 'shadow'])
    const counts = report()!
    expect(counts).toMatchObject({ rollout: STEP, pairs: 1, compared: 1, agreed: 0, primary: 'ver_1' })
    expect(Object.values(counts.latency)).toEqual([1])
    expect(Object.values(counts.primaryLatency!)).toEqual([1])
  })

  test('counts each step apart, and metrics tell their sum', async () => {
    const [primary, shadow] = [
      await world.replica('p', answering(1, [1])),
      await world.replica('s', answering(9, [1])),
    ]
    await shadowed(primary, shadow)
    await world.ask()
    await settled(1)
    await shadowed(primary, shadow, { id: 'rol_2', step: 0 })
    await world.ask()
    const { agreements } = world.state.mirrors
    await expect.poll(() => agreements.report().map(({ pairs }) => pairs)).toEqual([1, 1])
    expect([...agreements.totals()]).toEqual([
      expect.objectContaining({ primary: 'ver_1', mirror: 'ver_9', pairs: 2, identical: 2 }),
    ])
  })

  test('leaves out who chose a version, who went away, and what both refuse', async () => {
    const [primary, shadow] = [await world.replica('p', answering(1, [1])), await world.replica('s')]
    shadow.handle = answering(9, [1])
    await shadowed(primary, shadow)
    await world.ask({ version: 1 })
    await world.ask({ headers: { 'x-arm': 'any' } })
    primary.handle = () => {}
    const gone = world.begin()
    await expect.poll(() => primary.asked.length).toBe(3)
    gone.prediction.abandon()
    expect(await gone.outcome).toMatchObject({ status: 499 })
    expect(world.state.mirrors.underWay).toBe(0)
    const refusing: Handle = (_frame, reply) => reply(text(400, '{"error":"bad"}', JSON_TYPE))
    primary.handle = refusing
    shadow.handle = refusing
    await world.ask()
    await expect.poll(() => shadow.asked.length).toBe(1)
    await expect.poll(() => world.state.mirrors.underWay).toBe(0)
    // What stable refuses and the candidate fails at is the candidate's.
    shadow.handle = (_frame, reply) => reply(text(500, '{"error":"bad"}', JSON_TYPE))
    await world.ask()
    await settled(1)
    expect(report()).toMatchObject({ pairs: 1, mirrorErrors: 1, primaryErrors: 0 })
  })

  test('ends with the lease of its route', async () => {
    let now = 0
    const leased = new TrafficWorld(() => now)
    await leased.start()
    try {
      const [primary, shadow] = [await leased.replica('p'), await leased.replica('s')]
      const mirror = {
        ...{ share: 1, keep: 'digests' as const, rollout: STEP },
        ...leased.versioned(9, [shadow]),
      }
      const stable = [['stable', 1, [primary]]] as const
      await leased.route(stable, { rollout: STEP, traffic: { mirror } }, { leaseMs: 1000 })
      await leased.ask()
      await expect.poll(() => shadow.asked.length).toBe(1)
      now += 1001
      expect(leased.state.leased).toBe(false)
      expect(await leased.ask()).toMatchObject({ status: 200 })
      expect(leased.state.mirrors.underWay).toBe(0)
      leased.state.heard()
      await leased.ask()
      await expect.poll(() => shadow.asked.length).toBe(2)
    } finally {
      await leased.stop()
    }
  })
})

test('bodies that mirrors hold are bounded together', async () => {
  const [primary, mirror] = [await world.replica('p', answering(1, [1])), await world.replica('m', () => {})]
  await aMirrored(primary, mirror)
  const body = 'x'.repeat(20 * 2 ** 20)
  for (let i = 0; i < 5; i++) expect(await world.ask({ body })).toMatchObject({ status: 200 })
  expect(world.state.mirrors.underWay).toBe(3)
  expect(report()?.dropped).toBe(2)
  await mirror.lose()
  await expect.poll(() => world.state.mirrors.underWay).toBe(0)
})

test('a share is a share, and a version is no mirror of itself', async () => {
  const [primary, mirror] = [
    await world.replica('p', answering(1, [1])),
    await world.replica('m', answering(9, [1])),
  ]
  await aMirrored(primary, mirror, { share: 0.25 })
  const asked = 400
  for (let i = 0; i < asked; i++) await world.ask()
  await expect.poll(() => world.state.mirrors.underWay).toBe(0)
  // Beyond 6 standard deviations of a binomial.
  expect(Math.abs(mirror.asked.length - asked / 4)).toBeLessThan(6 * Math.sqrt(asked * 0.25 * 0.75))
  await world.route([['stable', 1, [primary]]], {
    traffic: { mirror: { share: 1, keep: 'digests', ...world.versioned(1, [mirror]) } },
  })
  const before = mirror.asked.length
  expect(await world.ask()).toMatchObject({ status: 200 })
  await expect.poll(() => world.state.mirrors.underWay).toBe(0)
  expect(mirror.asked).toHaveLength(before)
})

test('a client that goes away leaves a pair behind that says so', async () => {
  const [primary, mirror] = [await world.replica('p', () => {}), await world.replica('m', answering(9, [1]))]
  await aMirrored(primary, mirror)
  const { prediction, outcome } = world.begin()
  await expect.poll(() => mirror.asked.length).toBe(1)
  prediction.abandon()
  expect(await outcome).toMatchObject({ status: 499 })
  await settled(1)
  expect(report()).toMatchObject({ identical: 0, compared: 0 })
  expect(world.state.mirrors.underWay).toBe(0)
})

test('when the time for looking is used up, pairs are counted, and nothing is looked into', async () => {
  const lines: string[] = []
  world.state.mirrors.sink = { write: line => lines.push(line), close: async () => {} }
  const [primary, mirror] = [
    await world.replica('p', answering(1, [1, 2])),
    await world.replica('m', answering(9, [1, 2])),
  ]
  await aMirrored(primary, mirror)
  vi.spyOn(world.state.mirrors, 'mayLook').mockReturnValue(false)
  await world.ask()
  await settled(1)
  expect(report()).toMatchObject({ pairs: 1, identical: 0, agreed: 0, compared: 0 })
  const pair = JSON.parse(lines[0]!)
  expect(pair).toMatchObject({ primary: { status: 200, bytes: expect.any(Number) }, mirror: { status: 200 } })
  expect(pair.primary).not.toHaveProperty('digest')
  expect(pair).not.toHaveProperty('identical')

  const mirrors = new Mirrors()
  expect(mirrors.mayLook(1000)).toBe(true)
  mirrors.looked(20)
  expect([mirrors.mayLook(1999), mirrors.mayLook(2000)]).toEqual([false, true])
})

test('the file of pairs turns over at its size, and an unwritable folder harms nobody', async () => {
  const folder = join(world.folder, 'pairs')
  const sink = new PairsFile(folder, createLogger('test'), 1000)
  for (let i = 0; i < 9; i++) {
    sink.write(`{"n":${i},"x":"${'x'.repeat(380)}"}`)
    await sink.close()
  }
  const read = async (name: string) =>
    (await readFile(join(folder, name), 'utf8')).split('\n').flatMap(line => (line ? JSON.parse(line).n : []))
  expect(await read('pairs.jsonl')).toEqual([8])
  expect(await read('pairs.1.jsonl')).toEqual([6, 7])
  expect(await read('pairs.4.jsonl')).toEqual([0, 1])
  await expect(read('pairs.5.jsonl')).rejects.toMatchObject({ code: 'ENOENT' })

  await mkdir(join(world.folder, 'blocked', 'pairs.jsonl'), { recursive: true })
  const blocked = new PairsFile(join(world.folder, 'blocked'), createLogger('test'))
  blocked.write('{}')
  await blocked.close()
  expect(blocked.dropped).toBe(1)
  for (let i = 0; i < 5; i++) sink.write('y'.repeat(2 ** 20))
  expect(sink.dropped).toBe(1)
  await sink.close()
})
