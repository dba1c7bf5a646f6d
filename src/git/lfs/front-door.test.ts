import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BallastError, digestOf, hexOf, newId, silentLogger, systemClock } from '../../core/index.ts'
import { type LfsFrontDoor, lfsFrontDoor } from './front-door.ts'
import type { LfsHost, LfsObjects } from './ports.ts'

const DIGEST = digestOf('object')
const SIZE = 1_000_000
const nobody = async () => {
  throw new Error('Not asked here')
}
const project = newId('project')
const principal = newId('principal')

let objects: LfsObjects
let door: LfsFrontDoor
let server: Server

beforeEach(async () => {
  objects = {
    received: async () => new Map([[DIGEST, SIZE]]),
    rely: nobody,
    allow: async () => undefined,
    receive: nobody,
    read: nobody,
  }
  const host: LfsHost = {
    authorize: async () => ({ kind: 'granted', project, principal, directory: '/nowhere' }),
    get objects() {
      return objects
    },
    partials: { offset: nobody, append: nobody, read: nobody, remove: nobody },
    locks: { lock: nobody, locks: nobody, unlock: nobody },
    publicUrl: 'http://ballast',
    sign: nobody,
    stillMay: async () => true,
    mayBreakLocks: async () => false,
  }
  door = lfsFrontDoor({ host, clock: systemClock, logger: silentLogger })
  server = createServer((asked, response) => void door.handle(asked, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  await door.close()
  server.closeAllConnections()
  server.close()
})

async function ask(method: string, body?: Uint8Array) {
  const asked = request({
    port: (server.address() as AddressInfo).port,
    method,
    path: `/digits.git/info/lfs/objects/${hexOf(DIGEST)}`,
    headers: { authorization: 'Bearer token' },
  })
  asked.on('error', () => undefined)
  asked.end(body)
  const [response] = await once(asked, 'response')
  const chunks: Buffer[] = []
  let cut = false
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer)
  } catch {
    cut = true
  }
  return { status: response.statusCode as number, body: Buffer.concat(chunks), cut }
}

describe('an object that the store can not give', () => {
  test('from its first byte on is an error without a word of the store', async () => {
    objects = {
      ...objects,
      read: async () => Readable.from(failing('PIECE_CORRUPT at /data/packs/1', 0), { objectMode: false }),
    }
    const answer = await ask('GET')
    expect(answer).toMatchObject({ status: 500, cut: false })
    expect(String(answer.body)).not.toContain('/data')
  })

  test('in its middle is cut off there, so that nobody takes it for whole', async () => {
    objects = {
      ...objects,
      read: async () => Readable.from(failing('PIECE_CORRUPT', 4), { objectMode: false }),
    }
    const answer = await ask('GET')
    expect(answer).toMatchObject({ status: 200, cut: true })
    expect(answer.body.length).toBeLessThan(SIZE)
  })
})

describe('an upload that the store refuses', () => {
  test.each([
    ['DISK_FULL', 507],
    ['QUOTA_EXCEEDED', 413],
    ['BLOB_DIGEST_MISMATCH', 422],
    ['DATABASE_BUSY', 503],
    ['SOMETHING_ELSE', 500],
  ])('with %s in its middle is answered with %d, and not by a broken line', async (code, status) => {
    objects = {
      ...objects,
      async receive(_project, _by, _object, content) {
        for await (const chunk of content) if ((chunk as Buffer).length > 0) break
        content.destroy()
        throw new BallastError(code, { message: 'Why', hint: 'What to do' })
      },
    }
    const answer = await ask('PUT', Buffer.alloc(20 << 20))
    expect(answer).toMatchObject({ status, cut: false })
    expect(String(answer.body).includes('Why')).toBe(status !== 500)
  })
})

test('a door that closes turns away who comes', async () => {
  await door.close()
  expect((await ask('GET')).status).toBe(503)
})

async function* failing(message: string, after: number): AsyncGenerator<Buffer> {
  for (let i = 0; i < after; i++) yield Buffer.alloc(1000, i)
  throw new Error(message)
}
