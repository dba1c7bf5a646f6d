import { expect, test } from 'vitest'
import { newId } from '../../../src/core/index.ts'
import type { VersionRecord } from '../../../src/registry/index.ts'
import type { Stores } from '../../../src/storage/index.ts'
import { aVersion, later, settle } from './world.ts'

export function versionContract(world: () => Stores): void {
  test('versions are numbered within their model', async () => {
    const { versions } = world()
    const { project } = await settle(world())
    const numbers = []
    for (const [model, bytes] of [
      ['digits', 'a'],
      ['digits', 'b'],
      ['words', 'a'],
      ['digits', 'c'],
    ] as const) {
      numbers.push((await versions.register(aVersion(project, { model, bytes }))).number)
    }
    expect(numbers).toEqual([1, 2, 1, 3])
    expect((await versions.list('digits', { limit: 2 })).map(({ number }) => number)).toEqual([3, 2])
    expect((await versions.list('digits', { limit: 9, before: 2 })).map(({ number }) => number)).toEqual([1])
    expect(await versions.modelsOf(project)).toEqual(['digits', 'words'])
    expect(await versions.list('nothing', { limit: 9 })).toEqual([])
  })

  test('the same digest again is the version that is there, asked for at once too', async () => {
    const { versions } = world()
    const { project } = await settle(world())
    const all = await Promise.all(
      Array.from({ length: 5 }, () => versions.register(aVersion(project, { job: newId('job') }))),
    )
    expect(all).toEqual(Array.from({ length: 5 }, () => all[0]))
    expect(await versions.byId(all[0]!.id)).toStrictEqual(all[0])
    expect(await versions.byNumber('digits', 1)).toStrictEqual(all[0])
    expect(await versions.byNumber('digits', 2)).toBeUndefined()
  })

  test('the first project that registers a name owns it', async () => {
    const { versions, access } = world()
    const [mine, theirs] = [await settle(world()), await settle(world())]
    expect(await versions.ownerOf('digits')).toBeUndefined()
    await versions.register(aVersion(mine.project))
    expect(await versions.ownerOf('digits')).toBe(mine.project)
    const taken = versions.register(aVersion(theirs.project, { bytes: 'others' }))
    await expect(taken).rejects.toMatchObject({ code: 'MODEL_OWNED_ELSEWHERE' })
    expect(await versions.modelsOf(theirs.project)).toEqual([])
    await access.removeProject(mine.project)
    expect(await versions.ownerOf('digits')).toBeUndefined()
    expect((await versions.register(aVersion(theirs.project))).number).toBe(1)
  })

  test('records stay in the order in which they were made', async () => {
    const { versions } = world()
    const version = await versions.register(aVersion((await settle(world())).project))
    const records: VersionRecord[] = [
      {
        id: newId('record'),
        version: version.id,
        kind: 'inspection',
        body: { files: 1 },
        createdAt: later(1),
        job: newId('job'),
      },
      {
        id: newId('record'),
        version: version.id,
        kind: 'evaluation',
        body: { accuracy: 0.97 },
        createdAt: later(2),
      },
      { id: newId('record'), version: version.id, kind: 'evaluation', body: null, createdAt: later(2) },
    ]
    for (const record of records) await versions.addRecord(record)
    expect(await versions.records(version.id)).toStrictEqual(records)
    await expect(versions.addRecord(records[0]!)).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATED' })
    const orphan = { ...records[0]!, id: newId('record'), version: newId('version') }
    await expect(versions.addRecord(orphan)).rejects.toMatchObject({ code: 'CONSTRAINT_VIOLATED' })
  })
}
