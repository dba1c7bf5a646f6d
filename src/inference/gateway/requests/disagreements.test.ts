import { afterEach, beforeEach, expect, test } from 'vitest'
import { type PlayedReplica, TrafficWorld, text } from '../../../../test/fixtures/traffic-world.ts'
import { disagreementSchema } from '../../../api/index.ts'
import type { Side } from '../traffic/mirror/mirrors.ts'
import { Disagreements } from './disagreements.ts'

const STEP = { id: 'rol_1', step: 0 }
const LOG = { share: 0, redact: ['user.email'], bodies: false, keepMs: 1000, limitBytes: 1e6 }
const BODY = '{"n":3,"user":{"email":"ada@example.org","name":"Ada"}}'

let world: TrafficWorld
beforeEach(async () => {
  world = new TrafficWorld()
  await world.start()
})
afterEach(() => world.stop())

const labelled = (name: string, label: string): Promise<PlayedReplica> =>
  world.replica(name, (_frame, reply) =>
    reply(text(200, JSON.stringify({ model: 'm', label, index: 0 }), 'content-type: application/json\n')),
  )

async function aShadow(shadow: PlayedReplica, log?: typeof LOG): Promise<void> {
  const mirror = { share: 1, keep: 'digests' as const, rollout: STEP, ...world.versioned(9, [shadow]) }
  await world.route([['stable', 1, [await labelled('p', 'odd')]]], {
    rollout: STEP,
    traffic: { mirror, ...(log && { log }) },
  })
}

const ask = () => world.ask({ body: BODY, headers: { 'content-type': 'application/json' } })
const kept = () => world.state.disagreements.of(STEP.id)

test('what a shadow decides otherwise is kept, without what is redacted', async () => {
  await aShadow(await labelled('s', 'even'), LOG)
  await ask()
  await expect.poll(() => kept().length).toBe(1)
  const [found] = kept()
  expect(disagreementSchema.parse(JSON.parse(JSON.stringify(found)))).toEqual(found)
  expect(found).toMatchObject({
    requestId: 'req',
    step: 0,
    input: { json: { n: 3, user: { name: 'Ada' } } },
    stable: { status: 200, decided: [{ label: 'odd', index: 0 }], answer: { json: { label: 'odd' } } },
    candidate: { status: 200, decided: [{ label: 'even', index: 0 }], answer: { json: { label: 'even' } } },
  })
  expect(JSON.stringify(found)).not.toContain('ada@example.org')
})

test('without a log nothing of what was sent is kept, but what was decided', async () => {
  await aShadow(await labelled('s', 'even'))
  await ask()
  await expect.poll(() => kept().length).toBe(1)
  const [found] = kept()
  expect(found).not.toHaveProperty('input')
  expect(found?.candidate).toEqual({
    status: 200,
    ms: expect.any(Number),
    decided: [{ label: 'even', index: 0 }],
  })
})

test('what agrees is not kept, and what the shadow fails at is', async () => {
  const shadow = await labelled('s', 'odd')
  await aShadow(shadow, LOG)
  await ask()
  await expect.poll(() => world.state.mirrors.agreements.report()[0]?.pairs).toBe(1)
  expect(kept()).toEqual([])
  shadow.handle = (_frame, reply) => reply(text(500, '{"error":"no"}'))
  await ask()
  await expect.poll(() => kept().length).toBe(1)
  expect(kept()[0]).toMatchObject({ stable: { status: 200 }, candidate: { status: 500 } })
})

test('the latest are kept, of the latest rollouts, a few each second, and long ones by their beginning', () => {
  let now = 0
  const disagreements = new Disagreements(() => now)
  const side = (body: string): Side => ({
    status: 200,
    ms: 1,
    answer: { kind: 'response', id: 1, status: 200, headers: '', body: Buffer.from(body) },
  })
  const take = (rollout: string, requestId: string, answer = '{"label":"a"}') => {
    const request = {
      ...{ requestId, environment: 'e', model: 'm', version: 'v', versionNumber: 1, arm: 'stable' },
      ...{ headers: '', body: { chunks: [], bytes: 0 }, timeoutMs: 1 },
    }
    const target = {
      ...{ version: 'w', versionNumber: 2, share: 1, keep: 'digests' as const, links: [] },
      rollout: { id: rollout, step: 0 },
    }
    disagreements.take({ request, target, primary: side(answer), mirror: side(answer) }, undefined)
  }
  for (let i = 0; i < 100; i++) take('a', `${i}`)
  expect(disagreements.of('a').map(({ requestId }) => requestId)).toEqual(['4', '3', '2', '1', '0'])
  for (let i = 0; i < 100; i++) {
    now += 1000
    take('b', `${i}`)
  }
  expect(disagreements.of('b')).toHaveLength(50)
  expect(disagreements.of('b')[0]?.requestId).toBe('99')
  for (let i = 0; i < 8; i++) {
    now += 1000
    take(`c${i}`, 'x')
  }
  expect(disagreements.of('a')).toEqual([])
  expect(disagreements.of('b')).toEqual([])
  expect(disagreements.of('c0')).toHaveLength(1)
})

test('an answer that is long is shown by its beginning', async () => {
  const shadow = await labelled('s', 'x'.repeat(40_000))
  await aShadow(shadow, LOG)
  await ask()
  await expect.poll(() => kept().length).toBe(1)
  const { answer } = kept()[0]!.candidate
  expect(answer?.json).toBeUndefined()
  expect(answer?.text).toHaveLength(16 * 1024)
})
