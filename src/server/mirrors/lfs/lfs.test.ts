import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Digest, digestOf, type PrincipalId, type ProjectId } from '../../../core/index.ts'
import type { LfsObject } from '../../../git/index.ts'
import { RegistryError } from '../../../registry/index.ts'
import { DiskLfsPartials } from '../../../storage/index.ts'
import { endpointOf, offersOf } from './batch.ts'
import { download, type Place } from './download.ts'

const CONTENT = Buffer.from('weights '.repeat(20_000))
const OBJECT = { digest: digestOf(CONTENT), size: CONTENT.length }
const OID = OBJECT.digest.slice('sha256:'.length)

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

let server: Server
let origin: string
let handle: Handler
let seen: { readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string }[]
let folder: string
let partials: DiskLfsPartials
let kept: Map<Digest, Buffer>

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += String(piece)))
    request.on('end', () => {
      seen.push({ url: request.url!, headers: request.headers, body })
      handle(request, response, body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(async () => {
  seen = []
  kept = new Map()
  folder = await mkdtemp(join(tmpdir(), 'ballast-mirror-lfs-'))
  partials = await DiskLfsPartials.open(folder)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const asking = (allowed: readonly ('http' | 'private')[] = ['http', 'private']) => ({
  allowed,
  signal: new AbortController().signal,
})

function place(): Place {
  return {
    key: { project: 'prj_1' as ProjectId, principal: 'usr_1' as PrincipalId, digest: OBJECT.digest },
    partials,
    objects: {
      async receive(_project, _by, { digest }: LfsObject, content: Readable) {
        const pieces: Buffer[] = []
        for await (const piece of content) pieces.push(piece as Buffer)
        const bytes = Buffer.concat(pieces)
        if (digestOf(bytes) !== digest)
          throw new RegistryError('BLOB_DIGEST_MISMATCH', { message: 'Other bytes', hint: 'None' })
        kept.set(digest, bytes)
        return { size: bytes.length }
      },
    },
  }
}

const json = (response: ServerResponse, body: unknown, status = 200) =>
  response
    .writeHead(status, { 'content-type': 'application/vnd.git-lfs+json' })
    .end(typeof body === 'string' ? body : JSON.stringify(body))

describe('a batch', () => {
  const ask = (authorization?: string) =>
    offersOf({ url: `${origin}/team/digits`, ...(authorization && { authorization }) }, [OBJECT], asking())

  test.each([
    ['https://h/a/b', 'https://h/a/b.git/info/lfs'],
    ['https://h/a/b/', 'https://h/a/b.git/info/lfs'],
    ['https://h/a/b.git', 'https://h/a/b.git/info/lfs'],
  ])('of %s is asked for at %s', (url, endpoint) => expect(endpointOf(url)).toBe(endpoint))

  test('asks as clients do; credentials go to the origin and to nobody else', async () => {
    const elsewhere = 'https://storage.example/x?signature=1'
    handle = (_, response) =>
      json(response, {
        objects: [{ oid: OID, size: OBJECT.size, actions: { download: { href: elsewhere } } }],
      })
    expect(await ask('Basic secret')).toEqual(
      new Map([[OBJECT.digest, { kind: 'there', url: elsewhere, headers: {} }]]),
    )
    expect(seen[0]!.url).toBe('/team/digits.git/info/lfs/objects/batch')
    expect(seen[0]!.headers).toMatchObject({
      authorization: 'Basic secret',
      accept: 'application/vnd.git-lfs+json',
      'content-type': 'application/vnd.git-lfs+json',
    })
    expect(JSON.parse(seen[0]!.body)).toEqual({
      operation: 'download',
      transfers: ['basic'],
      hash_algo: 'sha256',
      objects: [{ oid: OID, size: OBJECT.size }],
    })
    const own = `${origin}/o`
    handle = (_, response) =>
      json(response, { objects: [{ oid: OID, actions: { download: { href: own } } }] })
    expect(await ask('Basic secret')).toEqual(
      new Map([[OBJECT.digest, { kind: 'there', url: own, headers: { authorization: 'Basic secret' } }]]),
    )
    const header = { Authorization: 'RemoteAuth x' }
    handle = (_, response) =>
      json(response, { objects: [{ oid: OID, actions: { download: { href: own, header } } }] })
    expect((await ask('Basic secret'))?.get(OBJECT.digest)).toMatchObject({ headers: header })
  })

  test('tells what the origin has not', async () => {
    handle = (_, response) =>
      json(response, { objects: [{ oid: OID, error: { code: 404, message: 'no such object' } }] })
    expect((await ask())?.get(OBJECT.digest)).toEqual({ kind: 'missing', why: '404 no such object' })
  })

  test('of an origin without Git LFS is undefined', async () => {
    handle = (_, response) => json(response, {}, 404)
    expect(await ask()).toBeUndefined()
  })

  test.each([
    ['a status', (response: ServerResponse) => json(response, {}, 401), 'the answer was 401'],
    ['no JSON', (response: ServerResponse) => json(response, '<html>'), 'none of Git LFS'],
    ['other JSON', (response: ServerResponse) => json(response, { objects: 7 }), 'none of Git LFS'],
    [
      'another transfer',
      (response: ServerResponse) => json(response, { transfer: 'tus', objects: [] }),
      "by 'tus'",
    ],
    [
      'a redirection',
      (response: ServerResponse) => response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end(),
      'redirection',
    ],
    ['an endless answer', (response: ServerResponse) => json(response, 'x'.repeat(3 << 20)), 'larger than'],
    ['a broken connection', (response: ServerResponse) => response.destroy(), ''],
  ])('is refused for %s', async (_what, answer, why) => {
    handle = (_, response) => answer(response)
    await expect(ask()).rejects.toMatchObject({
      code: 'OUTBOUND_FAILED',
      message: expect.stringContaining(why),
    })
  })

  test('does not speak with what an admin has not allowed', async () => {
    const url = `${origin}/team/digits`
    await expect(offersOf({ url }, [OBJECT], asking([]))).rejects.toMatchObject({ code: 'OUTBOUND_REFUSED' })
    await expect(offersOf({ url }, [OBJECT], asking(['http']))).rejects.toMatchObject({
      code: 'OUTBOUND_REFUSED',
    })
    const named = url.replace('127.0.0.1', 'localhost')
    await expect(offersOf({ url: named }, [OBJECT], asking(['http']))).rejects.toMatchObject({
      code: 'OUTBOUND_FAILED',
      message: expect.stringContaining('at a private address'),
    })
    expect(seen).toEqual([])
  })
})

describe('a download', () => {
  const take = (path = '/o', headers = {}) =>
    download({ kind: 'there', url: `${origin}${path}`, headers }, OBJECT, place(), asking())

  test('takes an object in, with the headers that the batch gave', async () => {
    handle = (_, response) => response.writeHead(200).end(CONTENT)
    expect(await take('/o?signature=1', { 'x-token': 't' })).toBeUndefined()
    expect(kept.get(OBJECT.digest)).toEqual(CONTENT)
    expect(seen).toMatchObject([{ url: '/o?signature=1', headers: { 'x-token': 't' } }])
    expect(await partials.offset(place().key)).toBe(0)
  })

  test('goes on where it was cut off', async () => {
    const offset = 70_000
    handle = (_, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length })
      response.write(CONTENT.subarray(0, offset))
      const arrived = vi.waitFor(async () => expect(await partials.offset(place().key)).toBe(offset))
      void arrived.finally(() => response.destroy())
    }
    await expect(take()).rejects.toMatchObject({ code: 'OUTBOUND_FAILED' })
    expect(await partials.offset(place().key)).toBe(offset)
    handle = ({ headers }, response) => {
      expect(headers.range).toBe(`bytes=${offset}-`)
      const range = `bytes ${offset}-${CONTENT.length - 1}/${CONTENT.length}`
      response.writeHead(206, { 'content-range': range }).end(CONTENT.subarray(offset))
    }
    expect(await take()).toBeUndefined()
    expect(kept.get(OBJECT.digest)).toEqual(CONTENT)
  })

  test('begins anew where the origin knows no ranges', async () => {
    await partials.append(place().key, 0, Readable.from([Buffer.from('old')]), 3)
    handle = (_, response) => response.writeHead(200).end(CONTENT)
    expect(await take()).toBeUndefined()
    expect(kept.get(OBJECT.digest)).toEqual(CONTENT)
  })

  test('keeps nothing of other bytes than its digest says', async () => {
    handle = (_, response) => response.writeHead(200).end(Buffer.alloc(CONTENT.length))
    expect(await take()).toBe('other bytes than its digest says')
    expect(kept.size).toBe(0)
    expect(await partials.offset(place().key)).toBe(0)
  })

  test('reads no more than was announced', async () => {
    handle = (_, response) => response.writeHead(200).end(Buffer.concat([CONTENT, CONTENT]))
    await expect(take()).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE' })
    expect(kept.size).toBe(0)
  })

  test.each([
    ['gone', 404, 'its address answers 404'],
    ['gone for good', 410, 'its address answers 410'],
  ])('tells of what is %s', async (_what, status, why) => {
    handle = (_, response) => response.writeHead(status).end()
    expect(await take()).toBe(why)
  })

  test('is tried again after an error of the origin, and a header that can’t be sent', async () => {
    handle = (_, response) => response.writeHead(503).end()
    await expect(take()).rejects.toMatchObject({ code: 'OUTBOUND_FAILED' })
    await expect(take('/o', { 'x-bad': 'a\r\nb' })).rejects.toMatchObject({ code: 'OUTBOUND_FAILED' })
    expect(seen).toHaveLength(1)
  })

  test('follows to another place, without the headers, and not to a forbidden one', async () => {
    const other = origin.replace('127.0.0.1', 'localhost')
    handle = ({ url }, response) =>
      url === '/o'
        ? response.writeHead(302, { location: `${other}/there` }).end()
        : response.writeHead(200).end(CONTENT)
    expect(await take('/o', { authorization: 'Basic secret' })).toBeUndefined()
    expect(seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/o', 'Basic secret'],
      ['/there', undefined],
    ])
    handle = (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end()
    await expect(take()).rejects.toMatchObject({ code: 'OUTBOUND_REFUSED' })
    handle = (_, response) => response.writeHead(302, { location: '/o' }).end()
    await expect(take()).rejects.toMatchObject({ message: expect.stringContaining('more than 3 times') })
  })
})
