import { beforeAll, describe, expect, test } from 'vitest'
import { ada, ask, LFS, startsServer, theWorld } from './lfs-api.ts'

startsServer()

describe('locks', () => {
  let bob: string
  beforeAll(async () => {
    bob = await theWorld().person('bob', 'maintainer', 'digits', ['read', 'push'])
  })
  const lock = (path: unknown, token = ada) => ask('POST', `${LFS}/locks`, { token, json: { path } })

  test('live from being taken to being given back', async () => {
    const made = await lock('models/a.bin')
    expect(made.status).toBe(201)
    const { id } = made.json.lock
    expect(made.json.lock).toEqual({
      id: expect.stringMatching(/^lck_/),
      path: 'models/a.bin',
      locked_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      owner: { name: 'ada' },
    })
    const again = await lock('models/a.bin', bob)
    expect(again).toMatchObject({
      status: 409,
      json: { lock: { id }, message: expect.stringContaining('ada') },
    })
    expect((await ask('GET', `${LFS}/locks?path=models/a.bin`)).json).toEqual({ locks: [made.json.lock] })
    expect((await ask('GET', `${LFS}/locks?id=${id}`)).json.locks).toHaveLength(1)
    const seen = async (token: string) => (await ask('POST', `${LFS}/locks/verify`, { token, json: {} })).json
    expect(await seen(ada)).toEqual({ ours: [made.json.lock], theirs: [] })
    expect(await seen(bob)).toEqual({ ours: [], theirs: [made.json.lock] })
    const unlock = (token: string, json: object) => ask('POST', `${LFS}/locks/${id}/unlock`, { token, json })
    expect((await unlock(bob, {})).status).toBe(403)
    expect((await unlock(ada, {})).json).toEqual({ lock: made.json.lock })
    expect((await unlock(ada, {})).status).toBe(404)
    expect((await ask('GET', `${LFS}/locks`)).json).toEqual({ locks: [] })
  })

  test('of one path are one, however many try at once', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, (_, i) => lock('race.bin', i % 2 ? ada : bob)))
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1)
    const ids = new Set(all.map(({ json }) => json.lock.id))
    expect(ids.size).toBe(1)
    const broken = await ask('POST', `${LFS}/locks/${[...ids][0]}/unlock`, {
      token: bob,
      json: { force: true },
    })
    expect(broken.status).toBe(200)
  })

  test('come in pages', async () => {
    for (let i = 0; i < 5; i++) await lock(`paged/${i}`)
    const paths: string[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const { json } = await ask('GET', `${LFS}/locks?limit=2&cursor=${cursor}`)
      paths.push(...json.locks.map((one: { path: string }) => one.path))
      cursor = json.next_cursor
    }
    expect(paths).toEqual([0, 1, 2, 3, 4].map(i => `paged/${i}`))
    const first = await ask('POST', `${LFS}/locks/verify`, { json: { limit: 3 } })
    expect(first.json.ours).toHaveLength(3)
    const rest = await ask('POST', `${LFS}/locks/verify`, {
      json: { limit: 3, cursor: first.json.next_cursor },
    })
    expect(rest.json.ours).toHaveLength(2)
    expect(rest.json.next_cursor).toBeUndefined()
    for (const query of ['limit=-1', 'limit=x', 'cursor=../x'])
      expect((await ask('GET', `${LFS}/locks?${query}`)).status).toBe(422)
  })

  test.each([
    [''],
    ['/etc/passwd'],
    ['../up'],
    ['a/../b'],
    ['a//b'],
    ['a/./b'],
    ['a/'],
    ['line\nend'],
    ['nul\0'],
    ['\x1b[31m'],
    ['\ud800'],
    ['x'.repeat(4096)],
    [7],
    [null],
    [{ toString: 'x' }],
  ])('of %j are refused', async path => {
    expect((await lock(path)).status).toBe(422)
  })

  test('of another project are not found there', async () => {
    const { json } = await lock('here.bin')
    const admin = await theWorld().secret()
    const foreign = await ask('POST', `/other.git/info/lfs/locks/${json.lock.id}/unlock`, {
      token: admin,
      json: { force: true },
    })
    expect(foreign.status).toBe(404)
  })
})
