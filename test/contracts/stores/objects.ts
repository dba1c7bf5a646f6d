import { expect, test } from 'vitest'
import { type Digest, digestOf, newId, type PackId, type ProjectId } from '../../../src/core/index.ts'
import type { ChunkPlace, NewObject } from '../../../src/registry/index.ts'
import type { Stores } from '../../../src/storage/index.ts'
import { later, NOON, settle } from './world.ts'

const named = (name: string) => digestOf(name)
const anObject = (name: string, change: Partial<NewObject> = {}): NewObject => ({
  digest: named(name),
  size: 10_000,
  at: NOON,
  state: 'landed',
  ...change,
})
const aPlace = (pack: PackId, name: string, change: Partial<ChunkPlace> = {}): ChunkPlace => ({
  chunk: named(name),
  pack,
  offset: 8,
  stored: 100,
  length: 400,
  encoding: 'planes',
  depth: 0,
  checksum: 0xffff_ffff,
  ...change,
})

/** What every adapter of ObjectIndex and CollectionIndex keeps to. */
export function objectContract(world: () => Stores): void {
  const index = () => world().objects
  const pack = async (
    name: string,
    places: readonly string[],
    reused: readonly string[] = [],
    layout?: string,
  ) => {
    const id = newId('pack')
    await index().packed({
      digest: named(name),
      pack: { id, size: 1000, createdAt: NOON },
      chunks: places.map(place => aPlace(id, place)),
      reused: reused.map(named),
      ...(layout !== undefined && { layout }),
    })
    return id
  }
  const held = async (project: ProjectId, ...names: readonly string[]) => {
    for (const name of names) await index().landed(anObject(name, { hold: project }))
  }

  test('an object that lands is there, and is touched when it lands again', async () => {
    expect(await index().object(named('a'))).toBeUndefined()
    await index().landed(anObject('a'))
    await index().landed(anObject('a', { at: later(5) }))
    expect(await index().object(named('a'))).toStrictEqual({
      digest: named('a'),
      size: 10_000,
      state: 'landed',
      whole: true,
      tries: 0,
      createdAt: NOON,
      touchedAt: later(5),
      usedAt: later(5),
    })
  })

  test('objects and packs come in pages, each once', async () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const name of names) await index().landed(anObject(name))
    for (const name of names) await pack(name, [`chunk of ${name}`])
    const found: Digest[] = []
    for (let after: Digest | undefined; ; after = found.at(-1)) {
      const page = await index().objects({ limit: 2, ...(after && { after }) })
      found.push(...page.map(({ digest }) => digest))
      if (page.length < 2) break
    }
    expect(found).toEqual(names.map(named).toSorted())
    const packs = await index().packs({ limit: 3 })
    const rest = await index().packs({ limit: 3, after: packs.at(-1)!.id })
    expect(new Set([...packs, ...rest].map(({ id }) => id)).size).toBe(5)
  })

  test('what has waited longest is packed first; tries count until they are forgiven', async () => {
    await index().landed(anObject('late', { at: later(9) }))
    await index().landed(anObject('early'))
    await index().landed(anObject('small', { state: 'kept' }))
    expect((await index().nextToPack())?.digest).toBe(named('early'))
    expect(await index().beginTry(named('early'))).toBe(1)
    expect(await index().beginTry(named('early'))).toBe(2)
    await index().forgiveTry(named('early'))
    expect((await index().object(named('early')))?.tries).toBe(1)
    await index().keepWhole(named('early'), 'too strange')
    expect((await index().nextToPack())?.digest).toBe(named('late'))
    await pack('late', ['x'])
    expect(await index().nextToPack()).toBeUndefined()
    await index().requeue(named('early'))
    expect((await index().nextToPack())?.tries).toBe(0)
  })

  test('a packed object has its pack, and its chunks their places', async () => {
    await index().landed(anObject('a'))
    const id = await pack('a', ['one', 'two'], [], 'layout of a')
    expect(await index().object(named('a'))).toMatchObject({
      state: 'packed',
      pack: id,
      layout: 'layout of a',
    })
    const chunks = await index().chunks([named('one'), named('absent'), named('two')])
    expect([...chunks.keys()].toSorted()).toEqual([named('one'), named('two')].toSorted())
    expect(chunks.get(named('one'))).toStrictEqual(aPlace(id, 'one'))
    expect(await index().chunksOfPack(id)).toHaveLength(2)
    expect((await index().objectsOfPack(id)).map(({ digest }) => digest)).toEqual([named('a')])
  })

  test('a chunk that is known keeps its place; one that is counted on must be there', async () => {
    for (const name of ['a', 'b', 'c']) await index().landed(anObject(name))
    const first = await pack('a', ['shared'])
    await pack('b', ['shared', 'own'], ['shared'])
    expect((await index().chunks([named('shared')])).get(named('shared'))?.pack).toBe(first)
    await expect(pack('c', ['more'], ['shared', 'gone'])).rejects.toMatchObject({ code: 'CHUNKS_GONE' })
    expect(await index().object(named('c'))).toMatchObject({ state: 'landed' })
    expect((await index().chunks([named('more')])).size).toBe(0)
  })

  test('thousands of chunks at once are no more than one', async () => {
    await index().landed(anObject('large'))
    const names = Array.from({ length: 2500 }, (_, i) => `chunk ${i}`)
    await pack('large', names)
    expect((await index().chunks([...names, 'absent'].map(named))).size).toBe(2500)
    await index().landed(anObject('next'))
    await pack('next', [], names)
  })

  test('ancestors are packed objects of a project of its own: hints first, then the same layout', async () => {
    const [ours, theirs] = [(await settle(world())).project, (await settle(world())).project]
    await held(ours, 'hinted', 'alike', 'other', 'new', 'unpacked')
    await held(theirs, 'foreign')
    for (const [name, layout] of [
      ['hinted', 'x'],
      ['alike', 'l'],
      ['other', 'o'],
      ['foreign', 'l'],
    ] as const)
      await pack(name, [`of ${name}`], [], layout)
    await index().hint(named('new'), ['unpacked', 'foreign', 'new', 'hinted', 'absent'].map(named))
    const found = await index().ancestorsOf(named('new'), 'l', 4)
    expect(found.map(({ digest }) => digest)).toEqual([named('hinted'), named('alike')])
    expect(await index().ancestorsOf(named('new'), undefined, 4)).toHaveLength(1)
    await index().hint(named('nobody knows this one'), [named('hinted')])
  })

  test('quotas: what a project holds, each object once, by whoever put it', async () => {
    const { project } = await settle(world())
    expect(await index().usage(project)).toEqual({ objects: 0, bytes: 0 })
    await index().setQuota(project, 20_000)
    await held(project, 'a', 'b', 'a')
    expect(await index().usage(project)).toEqual({ objects: 2, bytes: 20_000, quota: 20_000 })
    const over = { code: 'QUOTA_EXCEEDED', details: { used: 20_000, quota: 20_000, more: 10_000 } }
    await expect(held(project, 'c')).rejects.toMatchObject(over)
    expect(await index().object(named('c'))).toBeUndefined()
    await index().landed(anObject('c'))
    await expect(index().hold(project, named('c'), NOON)).rejects.toMatchObject(over)
    await expect(index().allow(project, 1)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    await index().setQuota(project, 30_000)
    await index().hold(project, named('c'), NOON)
    expect(await index().holdersOf(named('c'))).toEqual([project])
    await index().setQuota(project, undefined)
    expect(await index().usage(project)).toEqual({ objects: 3, bytes: 30_000 })
    await expect(index().hold(project, named('absent'), NOON)).rejects.toMatchObject({
      code: 'BLOB_NOT_FOUND',
    })
    await world().access.removeProject(project)
    expect(await index().holdersOf(named('c'))).toEqual([])
  })

  test('a damaged object has neither file nor pack, until it lands again', async () => {
    await index().landed(anObject('a'))
    await pack('a', ['x'])
    await index().damaged(named('a'), 'its pack is gone')
    const row = await index().object(named('a'))
    expect(row).toMatchObject({ state: 'damaged', whole: false, problem: 'its pack is gone' })
    expect(row && 'pack' in row).toBe(false)
    expect((await index().totals()).failures.map(({ digest }) => digest)).toEqual([named('a')])
    await index().landed(anObject('a'))
    expect(await index().object(named('a'))).toMatchObject({ state: 'landed', whole: true })
    expect((await index().totals()).failures).toEqual([])
  })

  test('warm copies: packed and whole, the least recently used first', async () => {
    for (const name of ['a', 'b', 'c']) await index().landed(anObject(name))
    for (const name of ['a', 'b']) await pack(name, [name])
    await index().used(named('a'), later(50))
    const coldest = async (before: number) =>
      (await index().coldest(later(before), 9)).map(({ digest }) => digest)
    expect(await coldest(100)).toEqual([named('b'), named('a')])
    expect(await coldest(50)).toEqual([named('b')])
    expect(await index().warmBytes()).toBe(20_000)
    await index().setWhole(named('b'), false)
    expect(await coldest(100)).toEqual([named('a')])
  })

  test('a collection marks what roots lead to, with bases of bases, and sweeps the rest', async () => {
    for (const name of ['used', 'unused', 'young']) await index().landed(anObject(name))
    const id = newId('pack')
    const deep = [
      aPlace(id, 'base'),
      aPlace(id, 'delta', { encoding: 'delta', base: named('base'), depth: 1, offset: 200 }),
      aPlace(id, 'delta of it', { encoding: 'delta', base: named('delta'), depth: 2, offset: 400 }),
      aPlace(id, 'nobody needs this', { offset: 600, stored: 300 }),
    ]
    await index().packed({
      digest: named('used'),
      pack: { id, size: 900, createdAt: NOON },
      chunks: deep,
      reused: [],
    })
    const dead = await pack('unused', ['dead'])
    await index().landed(anObject('young', { at: later(100) }))
    const mark = await index().nextMark()
    await index().markObjects([{ digest: named('used') }], mark)
    await index().markChunks([named('delta of it')], mark)
    await index().markBases(mark)
    const page = { mark, cutoff: later(100), limit: 9 }
    expect((await index().staying(page)).map(({ digest }) => digest)).toEqual(
      [named('used'), named('young')].toSorted(),
    )
    expect((await index().unused(page)).map(({ digest }) => digest)).toEqual([named('unused')])
    expect(await index().countUnused(page)).toEqual({
      objects: 3,
      live: 1,
      young: 1,
      unused: 1,
      unusedBytes: 10_000,
    })
    const shares = new Map((await index().packShares(mark)).map(share => [share.id, share]))
    expect(shares.get(id)).toMatchObject({
      recipes: 1,
      chunks: 4,
      liveChunks: 3,
      storedBytes: 600,
      liveBytes: 300,
    })
    expect(shares.get(dead)).toMatchObject({ recipes: 1, chunks: 1, liveChunks: 0 })
    expect(await index().markedChunks(id, mark)).toHaveLength(3)
    expect(await index().nextMark()).toBeGreaterThan(mark)
    expect(await index().removeObject(named('unused'), NOON)).toBe(false)
    expect(await index().removeObject(named('unused'), later(100))).toBe(true)
    await index().removePack(dead)
    expect((await index().chunks([named('dead')])).size).toBe(0)
    const to = newId('pack')
    const moved = deep.slice(0, 3).map(place => ({ ...place, pack: to }))
    await index().movePack(id, { id: to, size: 500, createdAt: NOON }, moved)
    expect((await index().object(named('used')))?.pack).toBe(to)
    expect((await index().chunks(deep.map(({ chunk }) => chunk))).size).toBe(3)
    expect((await index().packs({ limit: 9 })).map(({ id }) => id)).toEqual([to])
  })

  test('holdings that are neither in use nor young are let go, those of others stay', async () => {
    const [ours, theirs] = [(await settle(world())).project, (await settle(world())).project]
    await held(ours, 'a', 'b')
    await held(theirs, 'a')
    const mark = await index().nextMark()
    await index().markObjects([{ digest: named('a'), project: theirs }, { digest: named('b') }], mark)
    expect(await index().removeHoldings(mark, NOON)).toBe(0)
    expect(await index().removeHoldings(mark, later(1))).toBe(1)
    expect(await index().holdersOf(named('a'))).toEqual([theirs])
    expect(await index().holdersOf(named('b'))).toEqual([ours])
  })

  test('what a disk holds can be learnt: packs, then objects, whatever the index says of them', async () => {
    const id = newId('pack')
    const use = { id, size: 900, createdAt: NOON }
    await index().learnPack(use, [aPlace(id, 'one')])
    await index().learnPack(use, [aPlace(id, 'one')])
    const learnt = { digest: named('a'), size: 400, pack: id, whole: false, at: NOON }
    await index().learnPacked(learnt)
    expect(await index().object(named('a'))).toMatchObject({ state: 'packed', pack: id, whole: false })
    await index().damaged(named('a'), 'lost')
    await index().learnPacked({ ...learnt, whole: true })
    const row = await index().object(named('a'))
    expect(row).toMatchObject({ state: 'packed', whole: true })
    expect(row && 'problem' in row).toBe(false)
    const elsewhere = newId('pack')
    await index().learnPack({ id: elsewhere, size: 900, createdAt: NOON }, [])
    await index().moveChunk(aPlace(elsewhere, 'one', { offset: 77 }))
    expect((await index().chunks([named('one')])).get(named('one'))).toMatchObject({
      pack: elsewhere,
      offset: 77,
    })
  })

  test('totals, of everything and of one project', async () => {
    const { project } = await settle(world())
    await held(project, 'mine')
    await index().landed(anObject('other'))
    await index().landed(anObject('small', { state: 'kept', size: 10 }))
    await pack('mine', ['one', 'two'])
    const all = await index().totals()
    expect(all.packs).toEqual({ count: 1, bytes: 1000 })
    expect(all.encodings).toEqual([{ encoding: 'planes', chunks: 2, length: 800, stored: 200 }])
    expect(all.states.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(20_010)
    expect((await index().totals(project)).states).toEqual([
      { state: 'packed', whole: true, objects: 1, bytes: 10_000 },
    ])
    expect((await index().totals((await settle(world())).project)).packs).toEqual({ count: 0, bytes: 0 })
  })
}
