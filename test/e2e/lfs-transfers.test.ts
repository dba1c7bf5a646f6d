import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { digestOf, hexOf } from '../../src/core/index.ts'
import { until } from '../server/world.ts'
import {
  type Action,
  actions,
  anObject,
  ask,
  batch,
  follow,
  LFS,
  leftovers,
  PATCH,
  partials,
  startsServer,
  TUS,
  theWorld,
  upload,
} from './lfs-api.ts'

startsServer()

describe('an upload', () => {
  test.each([
    ['other bytes', 'right', 'wrong'],
    ['a body that is short', 'right', 'righ'],
    ['a body that is long', 'right', 'right!'],
  ])('of %s is refused, and nothing is kept', async (name, announced, sent) => {
    const object = anObject(`${announced} ${name}`)
    const { upload: up } = await actions('upload', object)
    const answer = await follow('PUT', up!, { body: `${sent} ${name}` })
    expect(answer).toMatchObject({ status: 422, json: { message: expect.any(String) } })
    const chunked = await follow('PUT', up!, {
      body: `${sent} ${name}`,
      headers: { 'transfer-encoding': 'chunked' },
    })
    expect(chunked.status).toBe(422)
    expect((await batch('download', [object])).json.objects[0].error.code).toBe(404)
    expect(await leftovers()).toEqual([])
  })

  test('whose size is a lie is refused though its bytes are right', async () => {
    const bytes = Buffer.alloc(100_000, 7)
    const object = anObject(bytes)
    for (const size of [object.size - 1, object.size + 1, 0]) {
      const { upload: up } = await actions('upload', { ...object, size })
      for (const headers of [{}, { 'transfer-encoding': 'chunked' }])
        expect((await follow('PUT', up!, { body: bytes, headers })).status).toBe(422)
    }
    expect((await batch('download', [object])).json.objects[0].error.code).toBe(404)
    await upload(bytes)
  })

  test('that is cut off leaves nothing', async () => {
    const bytes = Buffer.alloc(1 << 20, 3)
    const { upload: up } = await actions('upload', anObject(bytes))
    const cut = request(up!.href, {
      method: 'PUT',
      headers: { ...up!.header, 'content-length': bytes.length },
    })
    cut.on('error', () => undefined)
    cut.write(bytes.subarray(0, bytes.length / 2))
    await until('the upload to begin', async () => (await leftovers()).length > 0)
    cut.destroy()
    await until('the upload to be cleared away', async () => (await leftovers()).length === 0)
    await upload(bytes)
  })

  test('of the same object by many at once succeeds for each', async () => {
    const bytes = Buffer.alloc(300_000, 5)
    const object = anObject(bytes)
    const { upload: up } = await actions('upload', object)
    const all = await Promise.all(Array.from({ length: 8 }, () => follow('PUT', up!, { body: bytes })))
    expect(all.map(({ status }) => status)).toEqual(Array(8).fill(200))
    const { download } = await actions('download', object)
    expect((await follow('GET', download!)).body).toEqual(bytes)
  })

  test('of nothing is one', async () => {
    const empty = await upload('')
    const { download } = await actions('download', empty)
    expect(await follow('GET', download!)).toMatchObject({ status: 200, body: Buffer.alloc(0) })
  })

  test('by own credentials needs no batch', async () => {
    const { oid } = anObject('by curl')
    expect((await ask('PUT', `${LFS}/objects/${oid}`, { body: 'by curl' })).status).toBe(200)
    expect(String((await ask('GET', `${LFS}/objects/${oid}`)).body)).toBe('by curl')
  })
})

describe('tus', () => {
  const bytes = Buffer.from('abcdefghij'.repeat(1000))
  const begin = async (content: Uint8Array) => {
    const object = anObject(content)
    const { upload: up, verify } = await actions('upload', object, { transfers: ['tus', 'basic'] })
    return { object, up: up!, verify: verify! }
  }
  const offsetOf = async (up: Action) =>
    Number((await follow('HEAD', up, { headers: TUS })).headers['upload-offset'])
  const patch = (up: Action, offset: number, body: Uint8Array) =>
    follow('PATCH', up, { headers: { ...PATCH, 'upload-offset': String(offset) }, body })

  test('takes an object in pieces, and says between them how far it is', async () => {
    const { object, up, verify } = await begin(bytes)
    const head = await follow('HEAD', up, { headers: TUS })
    expect(head.headers).toMatchObject({
      'upload-offset': '0',
      'upload-length': '10000',
      'tus-resumable': '1.0.0',
    })
    expect(await patch(up, 0, bytes.subarray(0, 4000))).toMatchObject({
      status: 204,
      headers: { 'upload-offset': '4000' },
    })
    expect(await offsetOf(up)).toBe(4000)
    expect((await follow('POST', verify, { json: object })).status).toBe(404)
    expect((await patch(up, 4000, bytes.subarray(4000))).headers['upload-offset']).toBe('10000')
    expect((await follow('POST', verify, { json: object })).status).toBe(200)
    expect(await offsetOf(up)).toBe(10_000)
    expect(await partials()).toEqual([])
    const { download } = await actions('download', object)
    expect((await follow('GET', download!)).body).toEqual(bytes)
  })

  test('goes on after the server was started anew, with the address from before', async () => {
    const content = Buffer.from(bytes.toReversed())
    const { object, up } = await begin(content)
    await patch(up, 0, content.subarray(0, 7000))
    await theWorld().restart()
    const moved = { ...up, href: new URL(new URL(up.href).pathname, theWorld().url).href }
    expect(await offsetOf(moved)).toBe(7000)
    expect((await patch(moved, 7000, content.subarray(7000))).status).toBe(204)
    const { download } = await actions('download', object)
    expect((await follow('GET', download!)).body).toEqual(content)
  })

  test('keeps what came before a cut, and lets who comes back go on at once', async () => {
    const content = Buffer.alloc(2 << 20, 9)
    const { up } = await begin(content)
    const half = content.length / 2
    const cut = request(up.href, {
      method: 'PATCH',
      headers: { ...up.header, ...PATCH, 'upload-offset': '0', 'content-length': content.length },
    })
    cut.on('error', () => undefined)
    cut.write(content.subarray(0, half))
    // The old connection stands still and was not closed.
    const offset = await until('the half to arrive', async () => {
      const [name] = await partials()
      return name === undefined ? undefined : offsetOf(up)
    })
    expect(offset).toBeGreaterThan(0)
    expect(offset).toBeLessThanOrEqual(half)
    expect((await patch(up, offset, content.subarray(offset))).status).toBe(204)
    cut.destroy()
  })

  test('tells where an upload goes on to who begins elsewhere', async () => {
    const { up } = await begin(Buffer.from(`elsewhere ${bytes}`))
    await patch(up, 0, Buffer.from('else'))
    for (const offset of [0, 3, 5, 99_999])
      expect(await patch(up, offset, Buffer.from('x'))).toMatchObject({
        status: 409,
        headers: { 'upload-offset': '4' },
      })
  })

  test('of bytes that are not those of the digest begins again', async () => {
    const content = Buffer.from('these bytes')
    const { object, up } = await begin(content)
    const wrong = await patch(up, 0, Buffer.from('those bytes'))
    expect(wrong).toMatchObject({ status: 422, json: { message: expect.stringContaining('beginning') } })
    expect(await offsetOf(up)).toBe(0)
    expect((await patch(up, 0, content)).status).toBe(204)
    expect((await batch('upload', [object])).json.objects[0].actions).toBeUndefined()
  })

  test('whole, and killed before it was taken in, is taken in when it is asked for', async () => {
    const content = Buffer.from('all of it, before the power went')
    const { object, up, verify } = await begin(content)
    await patch(up, 0, content.subarray(0, 3))
    const [name] = await partials()
    await writeFile(join(theWorld().folder, 'data', 'lfs-uploads', name!), content)
    expect(await offsetOf(up)).toBe(content.length)
    expect((await follow('POST', verify, { json: object })).status).toBe(200)
    expect(await partials()).not.toContain(name)
  })

  test.each([
    ['too many bytes', { 'upload-offset': '0' }, 413],
    ['another type', { 'upload-offset': '0', 'content-type': 'text/plain' }, 415],
    ['no offset', {}, 400],
    ['a negative offset', { 'upload-offset': '-1' }, 400],
    ['another version', { 'upload-offset': '0', 'tus-resumable': '0.2.2' }, 412],
  ])('with %s is refused', async (_, headers, status) => {
    const { up } = await begin(Buffer.from('refused'))
    const answer = await follow('PATCH', up, { headers: { ...PATCH, ...headers }, body: 'refused, and more' })
    expect(answer.status).toBe(status)
    expect(await offsetOf(up)).toBe(0)
  })

  test('says what it is to who asks', async () => {
    const { up } = await begin(Buffer.from('options'))
    const answer = await ask('OPTIONS', up.href, { token: null })
    expect(answer).toMatchObject({ status: 204, headers: { 'tus-version': '1.0.0' } })
  })
})

describe('a download', () => {
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251))
  const get = async (headers: Record<string, string>, method = 'GET') => {
    const object = await upload(bytes).catch(() => anObject(bytes))
    const { download } = await actions('download', object)
    return follow(method, download!, { headers })
  }
  beforeAll(async () => {
    await upload(bytes)
  })
  const etag = `"${hexOf(digestOf(bytes))}"`

  test.each([
    ['bytes=0-', 206, 'bytes 0-999/1000', 0, 1000],
    ['bytes=400-', 206, 'bytes 400-999/1000', 400, 1000],
    ['bytes=400-499', 206, 'bytes 400-499/1000', 400, 500],
    ['bytes=999-5000', 206, 'bytes 999-999/1000', 999, 1000],
    ['bytes=-10', 206, 'bytes 990-999/1000', 990, 1000],
    ['bytes=-5000', 206, 'bytes 0-999/1000', 0, 1000],
    ['bytes=0-1,5-6', 200, undefined, 0, 1000],
    ['bytes=5-2', 200, undefined, 0, 1000],
    ['lines=1-2', 200, undefined, 0, 1000],
    ['bytes=-', 200, undefined, 0, 1000],
  ])('of %s is %d', async (range, status, contentRange, start, end) => {
    const answer = await get({ range })
    expect(answer.status).toBe(status)
    expect(answer.headers['content-range']).toBe(contentRange)
    expect(answer.body).toEqual(bytes.subarray(start, end))
    expect(answer.headers).toMatchObject({
      etag,
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
    })
  })

  test.each(['bytes=1000-', 'bytes=5000-6000', 'bytes=-0'])('of %s is beyond its end', async range => {
    expect(await get({ range })).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */1000' } })
  })

  test('of a part depends on the whole being what it was', async () => {
    expect((await get({ range: 'bytes=1-', 'if-range': etag })).status).toBe(206)
    expect((await get({ range: 'bytes=1-', 'if-range': '"other"' })).status).toBe(200)
    expect((await get({ 'if-none-match': etag })).status).toBe(304)
    expect(await get({}, 'HEAD')).toMatchObject({ status: 200, headers: { 'content-length': '1000' } })
  })
})
