import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  AliasView,
  LineageView,
  LogView,
  NamedVersion,
  SearchResult,
  ServingView,
} from '../../src/api/index.ts'
import { DATA, VersionsWorld } from '../server/versions.ts'

let made: VersionsWorld

beforeAll(async () => {
  made = await VersionsWorld.start()
})
afterAll(() => made.world.stop())

describe('a model with a history', () => {
  beforeAll(async () => {
    await made.aStory('digits')
  }, 120_000)

  test('the log tells versions, promotions, aborted canaries and rollbacks, and who decided', async () => {
    const back = await made.ballast(['rollback', 'digits', 'v1', '--json'])
    expect(back.code, back.stderr).toBe(0)
    const { entries } = await made.get<LogView>('/models/digits/log')
    const told = entries.map(entry =>
      entry.kind === 'registered'
        ? `registered v${entry.version.number}`
        : `${entry.event} v${entry.version.number} over v${entry.before?.number ?? 0} by ${entry.decision.kind}${entry.rollback ? ', rollback' : ''}`,
    )
    expect(told).toEqual([
      'served v1 over v3 by checks, rollback',
      'served v3 over v1 by analysis',
      'canary v3 over v1 by checks',
      'registered v3',
      'aborted v2 over v1 by analysis',
      'canary v2 over v1 by checks',
      'registered v2',
      'served v1 over v0 by checks',
      'registered v1',
    ])
    expect(entries[0]).toMatchObject({ by: 'admin', rollout: expect.stringMatching(/^rol_/) })
    const shown = await made.ballast(['log', 'digits', '--limit', '4'])
    expect(shown.stdout).toContain('production: v3 -> v1, a rollback')
    expect(shown.stdout).toContain('Decided: the analysis of the canary')
    const { code } = await made.ballast(['rollback', 'digits', 'v3'])
    expect(code).toBe(0)
  })

  test('pages of the log follow each other without a gap', async () => {
    const { entries } = await made.get<LogView>('/models/digits/log?limit=200')
    const paged = []
    for (let before = ''; ; ) {
      const page = await made.get<LogView>(`/models/digits/log?limit=2${before && `&before=${before}`}`)
      paged.push(...page.entries)
      if (page.next === null) break
      before = page.next
    }
    expect(paged).toEqual(entries)
  })

  test('what served at a time', async () => {
    const all = await made.get<ServingView[]>('/models/digits/serving')
    const canary = all.find(({ as, version }) => as === 'canary' && version.number === 2)!
    expect(canary).toMatchObject({ weight: 0.1, ended: { as: 'aborted', decision: { kind: 'analysis' } } })
    const then = await made.get<ServingView[]>(`/models/digits/serving?at=${canary.from}`)
    expect(then.map(({ version, as }) => `v${version.number} ${as}`)).toEqual(['v1 stable', 'v2 canary'])
    const asked = await made.ballast(['log', 'digits', '--at', canary.from, '--json'])
    expect(JSON.parse(asked.stdout)).toEqual(then)
    expect((await made.ballast(['log', 'digits', '--at', '2020-01-01'])).stdout).toBe('Nothing served.\n')
  })

  test('every name of a version leads to it', async () => {
    await made.ballast(['alias', 'set', 'digits', 'first', 'v1'])
    const v1 = await made.get<NamedVersion>('/models/digits/versions/1')
    expect(v1).toMatchObject({ number: 1, names: ['first'] })
    for (const name of ['v1', 'first', v1.digest.slice(0, 15), `commit:${v1.commit.slice(0, 10)}`, v1.id])
      expect(await made.get(`/models/digits/versions/${encodeURIComponent(name)}`)).toEqual(v1)
    const v3 = await made.get<NamedVersion>('/models/digits/versions/latest')
    expect(v3).toMatchObject({ number: 3, names: ['latest', 'production'] })
    expect(await made.get('/models/digits/versions/production')).toEqual(v3)
  })

  test.each([
    ['digits@9', /There is no digits@v9/, /v1 to v3/],
    ['digits@firts', /There is no digits@firts/, /Did you mean 'first'/],
    ['digts@1', /no model 'digts'/, /Did you mean 'digits'/],
    ['digits@sha256:zz', /names no version/, /hex digits/],
    ['digits@commit:0000', /There is no digits@commit:0000/, /Names are/],
  ])('%s is told with what was probably meant', async (name, message, hint) => {
    const { code, stderr } = await made.ballast(['lineage', name])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(hint)
  })

  test('a lineage has parents, data and the job that trained it; what stages forge is not in it', async () => {
    const { id } = await made.get<NamedVersion>('/models/digits/versions/3')
    const lineage = await made.get<LineageView>(`/versions/${id}/lineage`)
    expect(lineage).toMatchObject({
      ancestors: [
        { number: 2, why: 'commit' },
        { number: 1, why: 'commit' },
      ],
      production: { number: 1 },
      data: [{ role: 'evaluation', path: 'test.csv', digest: DATA }],
      training: { name: 'train', attemptNumber: 1, file: 'model.onnx' },
      children: [],
      imported: null,
    })
    expect(
      (await made.get<LineageView>(`/versions/${lineage.ancestors[1]!.id}/lineage`)).children,
    ).toMatchObject([{ number: 2 }])
    const { records } = await made.get<{ records: { kind: string }[] }>(`/versions/${id}`)
    expect(records.map(({ kind }) => kind).sort()).toEqual(['evaluation', 'lineage'])
    expect((await made.ballast(['lineage', 'digits@v3'])).stdout).toMatch(/trained by train.*\n(.*\n)*└─ v2/)
  })

  test.each([
    ['accuracy>=0.92 model:dig*', [3, 2]],
    ['accuracy<92%', [1]],
    ['stage:production', [3]],
    ['alias:first', [1]],
    ['parent:v2', [3]],
    [`data:${DATA.slice(7, 20)} until:1d`, []],
    ['is:expired', []],
  ])('a search for %s', async (query, numbers) => {
    const { versions } = await made.get<SearchResult>(`/search?q=${encodeURIComponent(query)}`)
    expect(versions.map(({ number }) => number)).toEqual(numbers)
  })

  test('a search that can not be read says where', async () => {
    const { code, stderr } = await made.ballast(['search', 'digits', 'fromat:onnx'])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/At column 8, 'fromat:onnx'/)
    expect(stderr).toMatch(/Did you mean 'format:'/)
    expect((await made.ballast(['search', 'accuracy>0.92'])).stdout).toContain('digits@v3')
  })
})

describe('aliases', () => {
  let developer: string
  let maintainer: string
  let reader: string
  beforeAll(async () => {
    const repository = await made.aModel('named')
    await made.release('named', repository, 1)
    await made.release('named', repository, 2)
    reader = await made.world.person('reader-named', 'reader', 'named', ['read', 'push', 'deploy'])
    developer = await made.world.person('dev-named', 'developer', 'named', ['read', 'push', 'deploy'])
    maintainer = await made.world.person('boss-named', 'maintainer', 'named', ['read', 'push', 'deploy'])
  }, 120_000)

  const put = (name: string, body: object, token = developer) =>
    made.world.call<AliasView & { error?: { code: string; message: string } }>(
      'PUT',
      `/api/v1/models/named/aliases/${name}`,
      { token, body },
    )

  test('are set, moved and removed by developers, and their history stays', async () => {
    expect(await put('best', { version: 'v1' })).toMatchObject({
      status: 200,
      body: { version: { number: 1 } },
    })
    expect(await put('best', { version: 'latest', expected: 'v1' })).toMatchObject({ status: 200 })
    const late = await put('best', { version: 'v1', expected: 'v1' })
    expect(late).toMatchObject({ status: 409, body: { error: { code: 'ALIAS_MOVED' } } })
    expect(late.body.error!.message).toContain('is at v2, where dev-named moved it')
    expect(await put('best', { version: 'v1', expected: null })).toMatchObject({ status: 409 })
    const removed = await made.ballast(['alias', 'remove', 'named', 'best'], developer)
    expect(removed).toMatchObject({ code: 0 })
    const { entries } = await made.get<LogView>('/models/named/log?alias=best')
    expect(entries.map(entry => entry.kind === 'moved' && `${entry.event} v${entry.version.number}`)).toEqual(
      ['removed v2', 'set v2', 'set v1'],
    )
  })

  test('two who move one at once: one does, the other is told', async () => {
    await put('raced', { version: 'v1' })
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => put('raced', { version: 'v2', expected: 'v1' })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409])
  })

  test('that are protected are moved by maintainers, from where they expect them', async () => {
    expect(await put('champion', { version: 'v1', protected: true })).toMatchObject({ status: 403 })
    expect(await put('champion', { version: 'v1', protected: true }, maintainer)).toMatchObject({
      status: 200,
    })
    expect(await put('champion', { version: 'v2', expected: 'v1' })).toMatchObject({ status: 403 })
    expect(await put('champion', { version: 'v2' }, maintainer)).toMatchObject({ status: 400 })
    expect(await put('champion', { version: 'v2', expected: 'v1' }, maintainer)).toMatchObject({
      status: 200,
      body: { protected: true, version: { number: 2 } },
    })
    const remove = (token: string) =>
      made.world.call('DELETE', '/api/v1/models/named/aliases/champion?expected=v2', { token })
    expect(await remove(developer)).toMatchObject({ status: 403 })
    expect(await remove(maintainer)).toMatchObject({ status: 204 })
    expect(await remove(maintainer)).toMatchObject({ status: 404 })
  })

  test.each(['latest', 'production', 'v3', '3', 'a b'])('are not called %s', async name => {
    expect(await put(encodeURIComponent(name), { version: 'v1' }, maintainer)).toMatchObject({
      status: 400,
      body: { error: { code: 'ALIAS_INVALID' } },
    })
  })

  test('are read by readers and set by none of them; others see nothing', async () => {
    expect(await put('mine', { version: 'v1' }, reader)).toMatchObject({ status: 403 })
    expect((await made.ballast(['alias', 'list', 'named'], reader)).stdout).toContain('latest')
    const stranger = await made.world.person('stranger', null, 'named', ['read', 'push', 'deploy'])
    for (const path of ['aliases', 'log', 'serving', 'versions/1'])
      expect(await made.world.call('GET', `/api/v1/models/named/${path}`, { token: stranger })).toMatchObject(
        {
          status: 404,
        },
      )
    const { id } = await made.get<NamedVersion>('/models/named/versions/1')
    for (const path of ['lineage', 'export', 'files/model.onnx'])
      expect(
        await made.world.call('GET', `/api/v1/versions/${id}/${path}`, { token: stranger }),
      ).toMatchObject({
        status: 404,
      })
    const found = await made.world.call<SearchResult>('GET', '/api/v1/search', { token: stranger })
    expect(found.body.versions).toEqual([])
  })
})
