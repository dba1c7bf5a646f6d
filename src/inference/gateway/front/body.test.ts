import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { InferenceError } from '../../errors.ts'
import { Bodies, type Body, MAX_HELD_BYTES } from './body.ts'

function collect(bodies: Bodies, source: Readable, headers: Readonly<Record<string, string>> = {}) {
  let invited = 0
  const outcome = new Promise<Body | InferenceError>(resolve => {
    bodies.collect({ source, header: name => headers[name], invite: () => invited++ }, resolve)
  })
  return {
    outcome,
    get invited() {
      return invited
    },
  }
}

test('a body is gathered, held, and let go', async () => {
  const bodies = new Bodies(100)
  const { outcome } = collect(
    bodies,
    Readable.from([Buffer.from('ab'), Buffer.from('c')], { objectMode: false }),
  )
  const body = await outcome
  if (body instanceof InferenceError) throw body
  expect([Buffer.concat(body.chunks).toString(), body.bytes]).toEqual(['abc', 3])
  expect(bodies.held).toBeGreaterThan(3)
  bodies.release(body.bytes)
  expect(bodies.held).toBe(0)
})

test('a body that is announced too large is not invited', async () => {
  const bodies = new Bodies(100)
  const collected = collect(bodies, new PassThrough(), { 'content-length': '101' })
  expect(await collected.outcome).toMatchObject({ code: 'BODY_TOO_LARGE' })
  expect([collected.invited, bodies.held]).toEqual([0, 0])
})

test('a body that grows too large, or whose client goes away, holds nothing', async () => {
  const bodies = new Bodies(100)
  const large = new PassThrough()
  const tooLarge = collect(bodies, large)
  large.write(Buffer.alloc(101))
  expect(await tooLarge.outcome).toMatchObject({ code: 'BODY_TOO_LARGE' })
  const gone = new PassThrough()
  const canceled = collect(bodies, gone)
  gone.write('a')
  gone.destroy()
  expect(await canceled.outcome).toMatchObject({ code: 'REQUEST_CANCELED' })
  expect(bodies.held).toBe(0)
})

test('one that makes no progress is ended; one that goes on is not', async () => {
  const bodies = new Bodies(100_000)
  const [slow, fast] = [new PassThrough(), new PassThrough()]
  const ended = collect(bodies, slow)
  const going = collect(bodies, fast)
  slow.write('a')
  // A window may have begun long before the body.
  bodies.look()
  fast.write(Buffer.alloc(5000))
  slow.write('b')
  await new Promise(resolve => setImmediate(resolve))
  bodies.look()
  expect(await ended.outcome).toMatchObject({
    code: 'REQUEST_TIMEOUT',
    message: expect.stringContaining('2 bytes'),
  })
  fast.end()
  expect(await going.outcome).toMatchObject({ bytes: 5000 })
  bodies.close()
})

test('past the bound of all requests together new ones are refused, also those without a body', async () => {
  const bodies = new Bodies(100)
  expect(bodies.hold(MAX_HELD_BYTES - 10_000)).toBe(true)
  expect(bodies.hold(5000)).toBe(false)
  const first = await collect(bodies, Readable.from([])).outcome
  expect(first).toMatchObject({ bytes: 0 })
  expect(await collect(bodies, Readable.from([])).outcome).toMatchObject({ code: 'QUEUE_FULL' })
  bodies.release(0)
  expect(await collect(bodies, Readable.from([])).outcome).toMatchObject({ bytes: 0 })
})

test('answers that are not taken count, also past the bound: then no new requests are taken', async () => {
  const bodies = new Bodies(100)
  const closed: (() => void)[] = []
  const to = { onceClosed: (each: () => void) => closed.push(each) }
  bodies.holdUntaken(1000, to)
  expect([bodies.held, closed.length]).toEqual([0, 0])
  for (let i = 0; i < 10; i++) bodies.holdUntaken(MAX_HELD_BYTES / 8, to)
  expect(await collect(bodies, Readable.from([])).outcome).toMatchObject({ code: 'QUEUE_FULL' })
  for (const close of closed) close()
  expect(bodies.held).toBe(0)
})
