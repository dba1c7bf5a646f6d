import { beforeAll, describe, expect, test } from 'vitest'
import { digestOf, hexOf } from '../../src/core/index.ts'
import {
  type Action,
  actions,
  anObject,
  ask,
  batch,
  follow,
  JSON_HEADERS,
  LFS,
  startsServer,
  TUS,
  theWorld,
  upload,
} from './lfs-api.ts'

startsServer()

describe('a batch', () => {
  test('tells for each object, in its order, whether it comes, is there, or is none', async () => {
    const there = await upload('there')
    const missing = anObject('missing')
    const bad = [
      { oid: 'a345cde', size: 99 },
      { oid: 'ab'.repeat(48), size: 99 },
      { oid: hexOf(digestOf('x')).toUpperCase(), size: 1 },
      { oid: missing.oid.replace(/^./, 'x'), size: 1 },
      { oid: missing.oid, size: -1 },
      { oid: missing.oid, size: 1.5 },
      { oid: missing.oid, size: '12' },
      { oid: missing.oid, size: 2 ** 60 },
      { oid: 7, size: 7 },
      { size: 7 },
      'text',
      null,
    ]
    for (const operation of ['download', 'upload']) {
      const { status, json } = await batch(operation, [there, ...bad, missing, there])
      expect(status).toBe(200)
      expect(json.objects).toHaveLength(bad.length + 3)
      for (const one of json.objects.slice(1, -2)) {
        expect(one.actions).toBeUndefined()
        expect(one.error.code).toBe(422)
      }
      expect(json.objects.at(-1)).toMatchObject(there)
    }
    const up = (await batch('upload', [there, missing])).json.objects
    expect(up[0]).toEqual(there)
    expect(Object.keys(up[1].actions)).toEqual(['upload', 'verify'])
    const down = (await batch('download', [there, missing])).json.objects
    expect(Object.keys(down[0].actions)).toEqual(['download'])
    expect(down[1]).toEqual({ ...missing, error: { code: 404, message: expect.any(String) } })
  })

  test('of an object whose size is another than was received is refused for that object', async () => {
    const { oid, size } = await upload('of a size')
    for (const operation of ['download', 'upload'])
      expect((await batch(operation, [{ oid, size: size + 1 }])).json.objects[0].error.code).toBe(422)
  })

  test.each([
    ['an operation that is none', { operation: 'delete', objects: [] }, 422],
    ['another hash', { operation: 'download', objects: [], hash_algo: 'sha512' }, 409],
    ['transfers of which we have none', { operation: 'download', objects: [], transfers: ['ssh'] }, 422],
    ['objects that are no list', { operation: 'download', objects: { length: 1 } }, 422],
    ['no objects', { operation: 'download' }, 422],
    ['a list', [], 422],
    ['a thousand and one', { operation: 'download', objects: Array(1001).fill({ oid: 'x', size: 1 }) }, 413],
    ['a prototype', JSON.parse('{"__proto__": {"operation": "download"}, "objects": []}'), 422],
  ])('with %s is refused', async (_, json, status) => {
    const answer = await ask('POST', `${LFS}/objects/batch`, { json })
    expect(answer).toMatchObject({ status, json: { message: expect.any(String) } })
  })

  test.each([
    ['no JSON', 'operation=download', {}, 400],
    ['a form', 'operation=download', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['text', '{}', { 'content-type': 'text/plain' }, 415],
    ['a gzip', '{}', { 'content-encoding': 'gzip' }, 415],
    ['a wish for HTML', '{}', { accept: 'text/html' }, 406],
    ['two megabytes', 'x'.repeat(2 << 20), {}, 413],
  ])('of %s is refused', async (_, body, headers, status) => {
    const answer = await ask('POST', `${LFS}/objects/batch`, {
      body,
      headers: { ...JSON_HEADERS, ...headers },
    })
    expect(answer).toMatchObject({ status, json: { message: expect.any(String) } })
  })

  test('gives addresses of where the client came, and of the outside behind a proxy', async () => {
    const object = anObject('somewhere')
    const href = async (headers: Record<string, string>) => {
      const { json } = await batch('upload', [object], {}, { headers: { ...JSON_HEADERS, ...headers } })
      return json.objects[0].actions.upload.href.replace(/\/digits\.git.*/, '')
    }
    expect(await href({ host: 'models.example:8080' })).toBe('http://models.example:8080')
    expect(
      await href({ host: 'm.example', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'M.example' }),
    ).toBe('https://m.example')
    expect(await href({ host: '10.0.0.1:7420', 'x-forwarded-for': '1.2.3.4' })).toBe(theWorld().url)
    expect(await href({})).toBe(theWorld().url)
  })

  test('beyond the quota of the project is refused object by object, and so is a body that comes all the same', async () => {
    await theWorld().admin('POST', '/projects', { name: 'small' })
    await theWorld().admin('PUT', '/registry/quotas/small', { quota: 15 })
    const from = { token: await theWorld().secret(), lfs: '/small.git/info/lfs' }
    const [first, second] = [anObject('ten bytes 1'), anObject('ten bytes 2')]
    const { json } = await batch('upload', [first, second], {}, from)
    expect(json.objects[0].actions.upload).toBeDefined()
    expect(json.objects[1].error).toEqual({ code: 413, message: expect.stringMatching(/quota|15/) })
    expect((await follow('PUT', json.objects[0].actions.upload, { body: 'ten bytes 1' })).status).toBe(200)
    const direct = await ask('PUT', `${from.lfs}/objects/${second.oid}`, {
      token: from.token,
      body: 'ten bytes 2',
    })
    expect(direct.status).toBe(413)
    expect((await batch('download', [second], {}, from)).json.objects[0].error.code).toBe(404)
  })

  test('chooses tus for uploads of clients that offer it, and for nothing else', async () => {
    const object = anObject('chosen')
    const transfers = { transfers: ['ssh', 'tus', 'basic'] }
    expect((await batch('upload', [object], transfers)).json.transfer).toBe('tus')
    expect((await batch('download', [object], transfers)).json.transfer).toBe('basic')
    expect((await batch('upload', [object], {})).json.transfer).toBe('basic')
    expect((await batch('upload', [object], { transfers: null, ref: null })).json.transfer).toBe('basic')
  })
})

describe('rights', () => {
  const routes = [
    ['POST', '/objects/batch'],
    ['GET', `/objects/${'a'.repeat(64)}`],
    ['PUT', `/objects/${'a'.repeat(64)}`],
    ['HEAD', `/objects/${'a'.repeat(64)}/partial`],
    ['PATCH', `/objects/${'a'.repeat(64)}/partial`],
    ['POST', `/objects/${'a'.repeat(64)}/verify`],
    ['GET', '/locks'],
    ['POST', '/locks'],
    ['POST', '/locks/verify'],
    ['POST', '/locks/lck_1/unlock'],
  ] as const

  let stranger: string
  beforeAll(async () => {
    // Without the right to make projects, which a first push would use.
    stranger = await theWorld().person('sue', null, 'digits', ['read'])
  })
  test.each(routes)(
    '%s %s answers a stranger as where nothing is, and asks nobody for credentials',
    async (method, path) => {
      const headers = { ...JSON_HEADERS, ...TUS, 'upload-length': '1' }
      const body = method === 'GET' || method === 'HEAD' ? undefined : '{"operation":"download","objects":[]}'
      for (const [token, status] of [
        [null, 401],
        ['wrong', 401],
        [stranger, 404],
      ] as const) {
        const [here, nowhere] = await Promise.all(
          ['digits', 'nowhere-else'].map(project =>
            ask(method, `/${project}.git/info/lfs${path}`, {
              token,
              headers,
              ...(body !== undefined && { body }),
            }),
          ),
        )
        expect(here!.status).toBe(status)
        expect(nowhere!.status).toBe(status)
        expect(String(nowhere!.body).replaceAll('nowhere-else', 'digits')).toBe(String(here!.body))
        if (status === 401) expect(here!.headers['lfs-authenticate']).toContain('Basic')
      }
    },
  )

  test('of a reader end at writing', async () => {
    const rita = await theWorld().person('rita', 'reader', 'digits', ['read', 'push'])
    const object = await upload('for readers')
    const down = await batch('download', [object], {}, { token: rita })
    expect(down.json.objects[0].actions.download).toBeDefined()
    for (const [path, json] of [
      ['/objects/batch', { operation: 'upload', objects: [object] }],
      ['/locks', { path: 'a' }],
      ['/locks/verify', {}],
    ] as const)
      expect(await ask('POST', `${LFS}${path}`, { token: rita, json })).toMatchObject({ status: 403 })
    expect(
      (await ask('PUT', `${LFS}/objects/${object.oid}`, { token: rita, body: 'for readers' })).status,
    ).toBe(403)
  })

  test("of a signed address are one object's, one way, in one project, for an hour", async () => {
    const object = await upload('signed')
    const foreign = await upload('foreign')
    const { download } = await actions('download', object)
    expect(download!.expires_in).toBe(3600)
    const other = {
      href: download!.href.replace(object.oid, foreign.oid),
      header: download!.header,
    } as Action
    expect((await follow('GET', other)).status).toBe(403)
    expect((await follow('PUT', download!, { body: 'signed' })).status).toBe(403)
    const token = download!.header['Authorization']!
    for (const forged of [
      token.replace('.d.', '.u.'),
      token.replace(/\.6\./, '.7.'),
      token.replace(/\.(\d{13})\./, '.9999999999999.'),
      token.replace(/.$/, last => (last === '0' ? '1' : '0')),
      'Bearer lfs1.d.prj_1.pri_1.1.1.x',
    ])
      expect(
        (await ask('GET', download!.href, { token: null, headers: { authorization: forged } })).status,
      ).toBe(403)
    expect((await follow('GET', download!)).status).toBe(200)
  })

  test('that were taken back count no more, also at addresses that were signed before', async () => {
    const eve = await theWorld().person('eve', 'developer', 'digits', ['read', 'push'])
    const object = await upload('of digits')
    const { json } = await batch('download', [object], {}, { token: eve })
    const { download } = json.objects[0].actions
    expect((await follow('GET', download)).status).toBe(200)
    await theWorld().admin('PUT', '/projects/digits/members/eve', { role: null })
    expect((await follow('GET', download)).status).toBe(403)
  })

  test('to an object are had by sending its bytes, and not by its name', async () => {
    const bytes = Buffer.from('only in digits')
    const object = await upload(bytes)
    const admin = await theWorld().secret()
    const lfs = '/other.git/info/lfs'
    const asked = await batch('download', [object], {}, { token: admin, lfs })
    expect(asked.json.objects[0].error.code).toBe(404)
    const direct = await ask('GET', `${lfs}/objects/${object.oid}`, { token: admin })
    expect(direct.status).toBe(404)
    const { json } = await batch('upload', [object], {}, { token: admin, lfs })
    const { upload: up, verify } = json.objects[0].actions
    expect((await follow('POST', verify, { json: object })).status).toBe(404)
    const wrong = await follow('PUT', up, { body: Buffer.from('not in digits.') })
    expect(wrong.status).toBe(422)
    expect((await ask('GET', `${lfs}/objects/${object.oid}`, { token: admin })).status).toBe(404)
    expect((await follow('PUT', up, { body: bytes })).status).toBe(200)
    expect((await ask('GET', `${lfs}/objects/${object.oid}`, { token: admin })).body).toEqual(bytes)
  })
})

test.each([
  ['GET', '/digits.git/info/lfs/'],
  ['POST', '/digits.git/info/lfs/objects'],
  ['GET', `/digits.git/info/lfs/objects/${'A'.repeat(64)}`],
  ['GET', '/digits.git/info/lfs/objects/../../HEAD'],
  ['GET', `/digits.git/info/lfs/objects/%2e%2e/${'a'.repeat(64)}`],
  ['GET', `/x%2f..%2fdigits.git/info/lfs/objects/${'a'.repeat(64)}`],
  ['GET', `/../digits.git/info/lfs/objects/${'a'.repeat(64)}`],
  ['GET', '/digits.git/info/lfs/__proto__'],
  ['GET', '/digits.git/info/lfs/constructor'],
])('%s %s is nothing', async (method, path) => {
  const { status, json } = await ask(method, path)
  expect({ status, json }).toEqual({ status: 404, json: { message: expect.any(String) } })
})

test.each([
  ['GET', '/objects/batch'],
  ['DELETE', `/objects/${'a'.repeat(64)}`],
  ['PUT', '/locks'],
  ['GET', '/locks/verify'],
])('%s %s is the wrong method', async (method, path) => {
  const { status, headers } = await ask(method, `${LFS}${path}`)
  expect(status).toBe(405)
  expect(headers.allow).toBeDefined()
})
