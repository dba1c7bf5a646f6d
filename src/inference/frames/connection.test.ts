import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { InferenceError } from '../errors.ts'
import { type Answer, FrameClient } from './client.ts'
import { MAX_FRAME_BYTES, type RequestFrame } from './frame.ts'
import { type Call, type FrameServer, type Reply, serveFrames } from './server.ts'

let folder: string
let path: string
const closing: (() => unknown)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'frames-'))
  path = join(folder, 's')
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await rm(folder, { recursive: true, force: true })
})

type Handle = (frame: RequestFrame, reply: (reply: Reply) => void, call: Call) => void

async function aServer(handle: Handle): Promise<FrameServer> {
  const frames = serveFrames({ request: handle })
  frames.server.listen(path)
  await once(frames.server, 'listening')
  closing.push(() => frames.server.close())
  return frames
}

async function aClient(): Promise<FrameClient> {
  const client = await FrameClient.open({ kind: 'unix', path })
  closing.unshift(() => client.close())
  return client
}

const echo: Handle = (frame, reply) => reply({ status: 200, headers: frame.headers, body: [frame.body] })

function ask(client: FrameClient, body: Uint8Array): Promise<Answer> {
  return new Promise(resolve => {
    client.ask(
      { operation: 'infer', timeoutMs: 1000, headers: '', body: [body], bodyBytes: body.length },
      resolve,
    )
  })
}

test('a thousand requests under way at once get their own answers', async () => {
  await aServer((frame, reply, call) => {
    // In another order than they came.
    if (frame.id % 3 === 0) setImmediate(() => echo(frame, reply, call))
    else echo(frame, reply, call)
  })
  const client = await aClient()
  const bodies = Array.from({ length: 1000 }, (_, i) => Buffer.from(`body ${i}`))
  const answers = await Promise.all(bodies.map(body => ask(client, body)))
  expect(answers.map(answer => String((answer as { body: Buffer }).body))).toEqual(bodies.map(String))
})

test('a body of several megabytes passes whole', async () => {
  await aServer(echo)
  const body = Buffer.alloc(5_000_000, 'ballast')
  const answer = await ask(await aClient(), body)
  expect(answer).toMatchObject({ status: 200 })
  expect((answer as { body: Buffer }).body.equals(body)).toBe(true)
})

test('an answer too large for a frame becomes an error, and the connection lives on', async () => {
  const large = new Uint8Array(MAX_FRAME_BYTES)
  await aServer((frame, reply, call) => {
    if (String(frame.body) === 'large') reply({ status: 200, headers: '', body: [large] })
    else echo(frame, reply, call)
  })
  const client = await aClient()
  const answer = await ask(client, Buffer.from('large'))
  expect(answer).toMatchObject({ status: 502 })
  expect(JSON.parse(String((answer as { body: Buffer }).body))).toMatchObject({ code: 'FRAME_TOO_LARGE' })
  expect(await ask(client, Buffer.from('small'))).toMatchObject({ status: 200 })
})

test('when the connection is lost, what waits fails as REPLICA_LOST, and so does what comes later', async () => {
  const frames = await aServer(() => {})
  frames.server.on('connection', socket => socket.once('data', () => socket.destroy()))
  const client = await aClient()
  const answers = await Promise.all([ask(client, Buffer.from('a')), ask(client, Buffer.from('b'))])
  for (const answer of [...answers, await ask(client, Buffer.from('c'))]) {
    expect(answer).toBeInstanceOf(InferenceError)
    expect(answer).toMatchObject({ code: 'REPLICA_LOST' })
  }
})

test('nobody listening is REPLICA_LOST', async () => {
  await expect(FrameClient.open({ kind: 'unix', path })).rejects.toMatchObject({ code: 'REPLICA_LOST' })
})

test('a cancelled request tells the replica, and its late answer is dropped', async () => {
  const canceled = Promise.withResolvers<void>()
  let late: (() => void) | undefined
  await aServer((frame, reply, call) => {
    if (String(frame.body) !== 'slow') return echo(frame, reply, call)
    late = () => echo(frame, reply, call)
    call.onCancel = canceled.resolve
  })
  const client = await aClient()
  let answered = false
  const body = Buffer.from('slow')
  const id = client.ask(
    { operation: 'infer', timeoutMs: 1000, headers: '', body: [body], bodyBytes: 4 },
    () => {
      answered = true
    },
  )
  expect(await ask(client, Buffer.from('first'))).toMatchObject({ status: 200 })
  client.cancel(id)
  await canceled.promise
  late?.()
  expect(await ask(client, Buffer.from('quick'))).toMatchObject({ status: 200 })
  expect(answered).toBe(false)
})

test('a client that closes cancels all it asked for', async () => {
  const canceled = Promise.withResolvers<void>()
  const client = await aServer((_frame, _reply, call) => {
    call.onCancel = canceled.resolve
    client.close()
  }).then(aClient)
  void ask(client, Buffer.from('x'))
  await canceled.promise
})

test('draining answers what was received, then closes', async () => {
  let finish: (() => void) | undefined
  const received = Promise.withResolvers<void>()
  const frames = await aServer((frame, reply, call) => {
    finish = () => echo(frame, reply, call)
    received.resolve()
  })
  const client = await aClient()
  const answer = ask(client, Buffer.from('last'))
  await received.promise
  const drained = frames.drain()
  finish?.()
  expect(await answer).toMatchObject({ status: 200 })
  await drained
  expect(await ask(client, Buffer.from('after'))).toMatchObject({ code: 'REPLICA_LOST' })
})

test('a peer that sends no frames is cut off', async () => {
  await aServer(echo)
  const socket = connect(path)
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'close')
})

test('a peer that does not read is not read from any further', async () => {
  let received = 0
  await aServer((frame, reply, call) => {
    received++
    echo(frame, reply, call)
  })
  const socket = connect(path)
  await once(socket, 'connect')
  closing.unshift(() => socket.destroy())
  socket.pause()
  const client = new FrameClient(socket, 'test')
  socket.pause()
  const body = Buffer.alloc(1 << 20)
  for (let i = 0; i < 64; i++) void ask(client, body)
  const quiet = async (): Promise<number> => {
    for (let before = -1; before !== received; ) {
      before = received
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    return received
  }
  expect(await quiet()).toBeLessThan(64)
  socket.resume()
  await expect.poll(() => received, { timeout: 20_000 }).toBe(64)
})
