import { PassThrough, Readable, Writable } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Ask } from '../../api/index.ts'
import { GatewayCalls } from './gateway-calls.ts'

let calls: GatewayCalls
let out: PassThrough
beforeEach(() => {
  calls = new GatewayCalls()
  out = new PassThrough()
})
afterEach(() => vi.useRealTimers())

/** A gateway that notes what it is told. */
function aGateway(gateway: string): { readonly told: unknown[]; readonly leave: () => void } {
  const told: unknown[] = []
  return { told, leave: calls.connect({ gateway, send: (event, data) => told.push([event, data]) }) }
}

const callOf = ({ told }: { readonly told: unknown[] }): string => (told.at(-1) as [string, Ask])[1].call
const bytes = (...parts: readonly string[]) => Readable.from(parts.map(part => Buffer.from(part)))
const written = () => String(out.read() ?? '')

test('all gateways are asked, and their lines come whole, however they are cut', async () => {
  const [a, b] = [aGateway('a'), aGateway('b')]
  const done = calls.requests({ model: 'm', since: 5 }, out)
  expect(a.told).toEqual([['ask', { call: expect.any(String), requests: { model: 'm', since: 5 } }]])
  const [slow, quick] = [new PassThrough(), bytes('\n', '{"id":"3"}\n{"end":{"records":1}}\n')]
  const first = calls.answer(callOf(a), slow)
  slow.write('\n{"id":"1"}\n{"id"')
  expect(await calls.answer(callOf(b), quick)).toBe(true)
  slow.end(':"2"}\n{"end":{"reco' + 'rds":2}}\n')
  expect(await first).toBe(true)
  expect(await done).toEqual([
    { gateway: 'a', records: 2, whole: true },
    { gateway: 'b', records: 1, whole: true },
  ])
  const lines = written().split('\n').filter(Boolean)
  expect(lines.sort()).toEqual(['{"id":"1"}', '{"id":"2"}', '{"id":"3"}'])
})

test.each([
  ['that breaks off', ['{"id":"1"}\n', '{"id":'], 1],
  ['with fewer records than it says', ['{"id":"1"}\n{"end":{"records":2}}\n'], 1],
  ['with something behind its end', ['{"end":{"records":0}}\n', '{"id":"1"}\n'], 1],
  ['of nothing', [], 0],
] as const)('an answer %s is not whole', async (_, parts, records) => {
  const a = aGateway('a')
  const done = calls.requests({ model: 'm' }, out)
  await calls.answer(callOf(a), bytes(...parts))
  expect(await done).toEqual([{ gateway: 'a', records, whole: false }])
})

test('a record that looks like an end is a record', async () => {
  const a = aGateway('a')
  const done = calls.requests({ model: 'm' }, out)
  const record = '{"id":"x","request":{"json":{"end":{"records":1}}}}\n'
  await calls.answer(callOf(a), bytes(record, '{"end":{"records":1}}\n'))
  expect(await done).toEqual([{ gateway: 'a', records: 1, whole: true }])
  expect(written()).toBe(record)
})

test('an answer is taken once, and for a call that somebody waits for', async () => {
  const a = aGateway('a')
  const done = calls.requests({ model: 'm' }, out)
  const call = callOf(a)
  const first = calls.answer(call, bytes('{"end":{"records":0}}\n'))
  expect(await calls.answer(call, bytes('{"id":"forged"}\n'))).toBe(false)
  await first
  await done
  expect(await calls.answer(call, bytes())).toBe(false)
  expect(await calls.answer('nobody', bytes())).toBe(false)
  expect(written()).toBe('')
})

test('a gateway that goes away, or does not begin, is told as not whole', async () => {
  vi.useFakeTimers()
  const [a] = [aGateway('a'), aGateway('b')]
  const done = calls.requests({ model: 'm' }, out)
  a.leave()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await done).toEqual([
    { gateway: 'a', records: 0, whole: false },
    { gateway: 'b', records: 0, whole: false },
  ])
})

test('when nobody reads any more, gateways are stopped', async () => {
  const a = aGateway('a')
  const held = new Writable({ highWaterMark: 1, write: () => {} })
  const done = calls.requests({ model: 'm', follow: true }, held)
  const body = new PassThrough()
  const answered = calls.answer(callOf(a), body)
  body.write('{"id":"1"}\n')
  await vi.waitFor(() => expect(held.writableNeedDrain).toBe(true))
  held.destroy()
  expect(await done).toEqual([{ gateway: 'a', records: 1, whole: false }])
  expect(await answered).toBe(true)
  expect(body.destroyed).toBe(true)
})

test('feedback goes to all gateways but the one that it comes from', () => {
  const [a, b, c] = [aGateway('a'), aGateway('b'), aGateway('c')]
  c.leave()
  calls.tellOthers('feedback', { items: [] }, 'a')
  expect([a.told, b.told, c.told]).toEqual([[], [['feedback', { items: [] }]], []])
})
