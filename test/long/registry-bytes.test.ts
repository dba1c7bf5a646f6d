import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NamedVersion, SearchResult, VersionView } from '../../src/api/index.ts'
import { bytesOf, digestOf, VersionsWorld } from '../server/versions.ts'

let made: VersionsWorld

beforeAll(async () => {
  made = await VersionsWorld.start()
})
afterAll(() => made.world.stop())

describe('bytes', () => {
  let version: NamedVersion
  let content: string
  beforeAll(async () => {
    await made.release('bytes', await made.aModel('bytes'), 1)
    version = await made.get<NamedVersion>('/models/bytes/versions/1')
    content = bytesOf(version.commit)
  }, 120_000)

  const folder = () => mkdtemp(join(made.world.folder, 'out-'))

  test('a file is read by ranges', async () => {
    const token = await made.world.secret()
    const ask = (range: string) =>
      made.world.call<string>('GET', `/api/v1/versions/${version.id}/files/model.onnx`, {
        token,
        headers: { range },
      })
    expect(await ask('bytes=0-4')).toMatchObject({ status: 206, body: content.slice(0, 5) })
    const middle = await ask('bytes=3-')
    expect(middle).toMatchObject({ status: 206, body: content.slice(3) })
    expect(middle.headers.get('content-range')).toBe(`bytes 3-${content.length - 1}/${content.length}`)
    expect(await ask('bytes=-3')).toMatchObject({ status: 206, body: content.slice(-3) })
    expect(await ask(`bytes=${content.length}-`)).toMatchObject({ status: 416 })
    for (const whole of ['bytes=0-1,3-4', 'lines=1-2', 'bytes=5-2', 'bytes=-'])
      expect(await ask(whole)).toMatchObject({ status: 200, body: content })
    const missing = await made.world.call(
      'GET',
      `/api/v1/versions/${version.id}/files/..%2f..%2fballast.db`,
      {
        token,
      },
    )
    expect(missing.status).toBe(404)
  })

  test('a checkout has the files, goes on with what is there, and leaves others alone', async () => {
    const out = join(await folder(), 'new')
    const first = await made.ballast(['checkout', 'bytes@v1', out, '--json'])
    expect(first.code, first.stderr).toBe(0)
    expect(JSON.parse(first.stdout)).toMatchObject({ fetched: [{ name: 'model.onnx' }], kept: [] })
    expect(await readFile(join(out, 'model.onnx'), 'utf8')).toBe(content)
    const again = await made.ballast(['checkout', 'bytes@v1', out, '--json'])
    expect(JSON.parse(again.stdout)).toMatchObject({ fetched: [], kept: [{ name: 'model.onnx' }] })
    await rm(join(out, 'model.onnx'))
    await writeFile(join(out, '.model.onnx.part'), content.slice(0, 7))
    expect(JSON.parse((await made.ballast(['checkout', 'bytes@v1', out, '--json'])).stdout)).toMatchObject({
      fetched: [{ name: 'model.onnx' }],
    })
    expect(await readFile(join(out, 'model.onnx'), 'utf8')).toBe(content)
    expect(await readdir(out)).toEqual(['model.onnx'])
    await writeFile(join(out, 'mine.txt'), 'mine')
    await writeFile(join(out, 'model.onnx'), 'edited')
    const refused = await made.ballast(['checkout', 'bytes@v1', out])
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toMatch(/model\.onnx, mine\.txt|mine\.txt, model\.onnx/)
    expect(await readFile(join(out, 'model.onnx'), 'utf8')).toBe('edited')
    expect((await made.ballast(['checkout', 'bytes@v1', out, '--force'])).code).toBe(0)
    expect(await readFile(join(out, 'model.onnx'), 'utf8')).toBe(content)
    expect(await readFile(join(out, 'mine.txt'), 'utf8')).toBe('mine')
  })

  test('a part that was another one is thrown away, and a link is not followed', async () => {
    const out = await folder()
    await writeFile(join(out, '.model.onnx.part'), 'not the beginning')
    const broken = await made.ballast(['checkout', 'bytes@v1', out])
    expect(broken.stderr).toMatch(/came as other bytes/)
    expect((await made.ballast(['checkout', 'bytes@v1', out])).code).toBe(0)
    const outside = join(await folder(), 'outside')
    await writeFile(outside, 'mine')
    await rm(join(out, 'model.onnx'))
    await symlink(outside, join(out, '.model.onnx.part'))
    expect((await made.ballast(['checkout', 'bytes@v1', out, '--force'])).code).toBe(0)
    expect(await readFile(outside, 'utf8')).toBe('mine')
    expect(await readFile(join(out, 'model.onnx'), 'utf8')).toBe(content)
  })

  test('an export goes into another project, with its records marked as another server’s', async () => {
    await made.ballast(['alias', 'set', 'bytes', 'shipped', 'v1'])
    const out = await folder()
    const exported = await made.ballast(['export', 'bytes@v1', join(out, 'a.ballast'), '--json'])
    expect(exported.code, exported.stderr).toBe(0)
    await made.ballast(['export', 'bytes@shipped', join(out, 'b.ballast')])
    expect(digestOf(await readFile(join(out, 'b.ballast')))).toBe(JSON.parse(exported.stdout).sha256)
    expect((await made.ballast(['export', 'bytes@v1', join(out, 'a.ballast')])).stderr).toMatch(
      /is there already/,
    )

    await made.world.admin('POST', '/projects', { name: 'elsewhere' })
    const taken = await made.ballast(['import', join(out, 'a.ballast'), '--project', 'elsewhere'])
    expect(taken.stderr).toMatch(/belongs to another project/)
    const args = ['import', join(out, 'a.ballast'), '--project', 'elsewhere', '--model', 'copied', '--json']
    const imported = await made.ballast(args)
    expect(imported.code, imported.stderr).toBe(0)
    const copy = JSON.parse(imported.stdout) as VersionView
    expect(copy).toMatchObject({ model: 'copied', number: 1, imported: made.world.url, metrics: {} })
    expect(JSON.parse((await made.ballast(args)).stdout)).toEqual(copy)
    const { records } = await made.get<{ records: { kind: string; origin?: object }[] }>(
      `/versions/${copy.id}`,
    )
    expect(records.filter(({ origin }) => !origin).map(({ kind }) => kind)).toEqual(['import'])
    expect(
      records
        .filter(({ origin }) => origin)
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(['evaluation', 'lineage'])
    const file = await made.world.call<string>('GET', `/api/v1/versions/${copy.id}/files/model.onnx`, {
      token: await made.world.secret(),
    })
    expect(file.body).toBe(content)
    expect((await made.ballast(['lineage', 'copied'])).stdout).toContain('where it was v1')
    const { versions } = await made.get<SearchResult>('/search?q=is:imported')
    expect(versions.map(({ model }) => model)).toEqual(['copied'])
  })

  test('who has no right, or not the bytes, imports nothing', async () => {
    const out = await folder()
    await made.ballast(['export', 'bytes@v1', join(out, 'a.ballast')])
    const bytes = await readFile(join(out, 'a.ballast'))
    const post = (sent: Uint8Array, token: string, model = 'stolen') =>
      made.world.call<{ error: { code: string } }>(
        'POST',
        `/api/v1/versions/import?project=elsewhere&model=${model}`,
        { token, bytes: sent },
      )
    const reader = await made.world.person('reader-elsewhere', 'reader', 'elsewhere', ['read', 'push'])
    expect(await post(bytes, reader)).toMatchObject({ status: 403 })
    // Somebody who knows a digest, and sends other bytes under it.
    const token = await made.world.secret()
    const forged = Buffer.from(bytes)
    const at = forged.indexOf(content)
    forged.write('MODEL', at)
    expect(await post(forged, token)).toMatchObject({
      status: 422,
      body: { error: { code: 'BLOB_DIGEST_MISMATCH' } },
    })
    for (const cut of [0, 100, bytes.length - 100])
      expect(await post(bytes.subarray(0, cut), token)).toMatchObject({
        status: 422,
        body: { error: { code: 'EXPORT_INVALID' } },
      })
    expect(await made.world.call('GET', '/api/v1/models/stolen', { token })).toMatchObject({ status: 404 })
    await writeFile(join(out, 'forged.ballast'), forged)
    const local = await made.ballast(['import', join(out, 'forged.ballast'), '--project', 'elsewhere'])
    expect(local.stderr).toMatch(/'model\.onnx' in the export is not/)
  })
})

describe('retention', () => {
  test('takes the bytes of what nothing keeps, and leaves what serves, has a name, or is new', async () => {
    const repository = await made.aStory('old')
    await made.release('old', repository, 4)
    await made.release('old', repository, 5)
    const developer = await made.world.person('dev-old', 'developer', 'old', ['read', 'push', 'deploy'])
    expect((await made.ballast(['retention', 'set', 'old', '--keep-last', '1'], developer)).stderr).toMatch(
      /rights|may not|FORBIDDEN|maintainer/i,
    )
    const dry = await made.ballast(
      ['retention', 'set', 'old', '--keep-last', '1', '--dry-run', '--json'],
      developer,
    )
    expect(dry.code, dry.stderr).toBe(0)
    const verdicts = (text: string) =>
      (JSON.parse(text).models[0].versions as { number: number; keep: boolean; reason: string }[]).map(
        ({ number, keep }) => `v${number} ${keep ? 'kept' : 'goes'}`,
      )
    // v3 serves, v1 is warm behind it, v4 and v5 are on their way.
    expect(verdicts(dry.stdout)).toEqual(['v5 kept', 'v4 kept', 'v3 kept', 'v2 goes', 'v1 kept'])
    expect((await made.get<NamedVersion>('/models/old/versions/2')).expired).toBeNull()

    const set = await made.ballast(['retention', 'set', 'old', '--keep-last', '1', '--json'])
    expect(verdicts(set.stdout)).toEqual(verdicts(dry.stdout))
    const gone = await made.get<NamedVersion>('/models/old/versions/2')
    expect(gone.expired).toMatchObject({ reason: expect.stringContaining('the newest 1') })
    const token = await made.world.secret()
    for (const path of ['files/model.onnx', 'export'])
      expect(await made.world.call('GET', `/api/v1/versions/${gone.id}/${path}`, { token })).toMatchObject({
        status: 410,
        body: { error: { code: 'VERSION_EXPIRED' } },
      })
    expect((await made.ballast(['alias', 'set', 'old', 'back', 'v2'])).stderr).toMatch(/has expired/)
    expect((await made.ballast(['rollback', 'old', 'v2'])).stderr).toMatch(/has expired/)
    expect((await made.ballast(['checkout', 'old@v2', join(made.world.folder, 'gone')])).stderr).toMatch(
      /has expired/,
    )
    const { records } = await made.get<{ records: unknown[] }>(`/versions/${gone.id}`)
    expect(records).toHaveLength(2)
    const { versions } = await made.get<SearchResult>('/search?q=model:old%20is:expired')
    expect(versions.map(({ number }) => number)).toEqual([2])
    expect((await made.ballast(['retention', 'list'])).stdout).toMatch(/old +old +1/)
    expect((await made.ballast(['retention', 'remove', 'old'])).code).toBe(0)
    expect((await made.ballast(['retention', 'list'])).stdout).toMatch(/every version is kept/)
  }, 120_000)

  test.each([
    [['retention', 'set'], /one model, or/],
    [['retention', 'set', 'old', '--keep-last', 'x'], /no whole number/],
    [['retention', 'set', 'old', '--keep-parents', '1'], /keep nothing but what is used/],
    [['retention', 'set', 'old', '--keep-last', '0'], /keep-last is 0/],
  ])('%j is refused', async (args, why) => {
    const { code, stderr } = await made.ballast(args)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(why)
  })
})
