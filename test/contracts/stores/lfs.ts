import { beforeEach, expect, test } from 'vitest'
import { digestOf, newId } from '../../../src/core/index.ts'
import type { Stores } from '../../../src/storage/index.ts'
import { aPrincipal, aProject, NOON, settle } from './world.ts'

export function lfsContract(stores: () => Stores): void {
  let home: Awaited<ReturnType<typeof settle>>
  beforeEach(async () => {
    home = await settle(stores())
  })
  const aGrant = (text: string, change: object = {}) => ({
    ...home,
    digest: digestOf(text),
    size: text.length,
    grantedAt: NOON,
    ...change,
  })
  const aLock = (path: string, change: object = {}) => ({
    id: newId('lock'),
    project: home.project,
    path,
    owner: home.principal,
    lockedAt: NOON,
    ...change,
  })

  test('an object is granted to a project once, and to no other by that', async () => {
    const { lfs, access } = stores()
    const other = aProject()
    await access.addProject(other)
    await lfs.grant(aGrant('one'))
    await lfs.grant(aGrant('one', { size: 99 }))
    await lfs.grant(aGrant('three'))
    const asked = [digestOf('one'), digestOf('two'), digestOf('three')]
    expect(await lfs.granted(home.project, asked)).toEqual(
      new Map([
        [digestOf('one'), 3],
        [digestOf('three'), 5],
      ]),
    )
    expect(await lfs.granted(other.id, asked)).toEqual(new Map())
    expect(await lfs.granted(home.project, [])).toEqual(new Map())
  })

  test('grants are asked for by the thousand', async () => {
    const { lfs } = stores()
    const all = Array.from({ length: 25 }, (_, i) => aGrant(`object ${i}`))
    for (const grant of all) await lfs.grant(grant)
    const unknown = Array.from({ length: 1200 }, (_, i) => digestOf(`unknown ${i}`))
    const found = await lfs.granted(home.project, [...unknown, ...all.map(({ digest }) => digest)])
    expect(found).toEqual(new Map(all.map(({ digest, size }) => [digest, size])))
  })

  test('all grants of a project come page by page, by digest', async () => {
    const { lfs } = stores()
    const all = Array.from({ length: 25 }, (_, i) => aGrant(`object ${i}`))
    for (const grant of all) await lfs.grant(grant)
    const listed = []
    for (let page = await lfs.grants(home.project, { limit: 10 }); page.length > 0; ) {
      listed.push(...page)
      page = await lfs.grants(home.project, { after: page.at(-1)!.digest, limit: 10 })
    }
    const expected = all.map(({ digest, size }) => ({ digest, size }))
    expect(listed).toEqual(expected.sort((a, b) => (a.digest < b.digest ? -1 : 1)))
  })

  test('what a project was granted and what is locked in it go with it', async () => {
    const { lfs, access } = stores()
    await lfs.grant(aGrant('one'))
    await lfs.addLock(aLock('a'))
    await access.removeProject(home.project)
    expect(await lfs.granted(home.project, [digestOf('one')])).toEqual(new Map())
    expect(await lfs.locks(home.project, { limit: 10 })).toEqual([])
  })

  test('a path is locked by one; who comes second is shown whose it is', async () => {
    const { lfs, access } = stores()
    const bob = aPrincipal({ name: 'bob' })
    await access.addPrincipal(bob)
    const both = await Promise.all([
      lfs.addLock(aLock('model.onnx')),
      lfs.addLock(aLock('model.onnx', { owner: bob.id })),
    ])
    expect(both.map(({ kind }) => kind).sort()).toEqual(['locked', 'taken'])
    expect(both[0].lock).toEqual(both[1].lock)
    const [lock] = await lfs.locks(home.project, { limit: 10 })
    expect(lock).toEqual(both[0].lock)
    expect(lock!.ownerName).toBe((await access.principal(lock!.owner))!.name)
    expect(await lfs.removeLock(home.project, lock!.id)).toBe(true)
    expect(await lfs.removeLock(home.project, lock!.id)).toBe(false)
    expect((await lfs.addLock(aLock('model.onnx', { owner: bob.id }))).kind).toBe('locked')
  })

  test("locks are found by path, by id and page by page, and are no other project's", async () => {
    const { lfs, access } = stores()
    const other = aProject()
    await access.addProject(other)
    const locks = ['a', 'b', 'c'].map(path => aLock(path))
    for (const lock of locks) await lfs.addLock(lock)
    await lfs.addLock(aLock('a', { project: other.id }))
    const paths = async (query: object) =>
      (await lfs.locks(home.project, { limit: 10, ...query })).map(({ path }) => path)
    expect(await paths({})).toEqual(['a', 'b', 'c'])
    expect(await paths({ limit: 2 })).toEqual(['a', 'b'])
    expect(await paths({ after: locks[1]!.id })).toEqual(['c'])
    expect(await paths({ path: 'b' })).toEqual(['b'])
    expect(await paths({ path: 'B' })).toEqual([])
    expect(await paths({ id: locks[0]!.id })).toEqual(['a'])
    expect(await lfs.removeLock(other.id, locks[0]!.id)).toBe(false)
  })
}
