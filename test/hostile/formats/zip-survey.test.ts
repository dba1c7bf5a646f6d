import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../../src/core/index.ts'
import { surveyZip } from '../../../src/formats/zip/survey/survey.ts'
import type { SurveyedEntry } from '../../../src/formats/zip/survey/types.ts'
import { type Entry, zipOf } from './zip-bytes.ts'

const survey = (bytes: Uint8Array) => surveyZip(sourceOf(bytes, 'a.zip'))
const kinds = async (bytes: Uint8Array) =>
  [...new Set((await survey(bytes)).hazards.map(({ kind }) => kind))].sort()
const data = Buffer.from('some bytes, some bytes, some bytes')
const evil = Buffer.from('other bytes, of another kind altogether')

/** What each way of reading an entry gives. */
async function contents({ views }: SurveyedEntry): Promise<Record<string, string>> {
  const all: Record<string, string> = {}
  for (const view of views) {
    const source = await view.open()
    for (const by of view.by) all[by] = Buffer.from(await source.read(0, source.size)).toString()
    await source.close()
  }
  return all
}

describe('an honest archive has no hazards, whatever its form', () => {
  test('made here', async () => {
    const entry = fc.record({
      data: fc.uint8Array({ maxLength: 100 }).filter(bytes => !Buffer.from(bytes).includes('PK')),
      deflate: fc.boolean(),
      zip64: fc.boolean(),
    })
    const archives = fc.tuple(fc.array(entry, { maxLength: 4 }), fc.boolean(), fc.string({ maxLength: 10 }))
    await fc.assert(
      fc.asyncProperty(archives, async ([found, zip64, comment]) => {
        const entries = found.map((content, i) => ({ ...content, name: `folder/${i}.npy` }))
        const { entries: seen, hazards } = await survey(zipOf(entries, { zip64, comment }))
        expect(hazards.filter(({ kind }) => kind !== 'nested-archive')).toEqual([])
        expect(seen.map(({ name }) => name)).toEqual(entries.map(({ name }) => name))
        for (const [index, entry] of seen.entries()) {
          const expected = Buffer.from(entries[index]!.data).toString()
          expect(await contents(entry)).toEqual({ directory: expected, local: expected })
        }
      }),
      { numRuns: 60 },
    )
  })

  test.each(['stored.npz', 'deflated.npz', 'pillow.npz'])('made by numpy: %s', async name => {
    const { entries, hazards } = await survey(readFileSync(`test/fixtures/numpy/${name}`))
    expect(hazards).toEqual([])
    expect(entries.length).toBeGreaterThan(0)
    expect(entries.every(({ views }) => views.length === 1)).toBe(true)
  })
})

describe('what directory and local header say differently', () => {
  test.each<[string, Partial<Entry>, string[]]>([
    ['the name', { local: { name: 'b' } }, ['name-differs']],
    ['the size', { local: { size: 3 } }, ['size-differs']],
    ['the checksum', { local: { crc32: 1 } }, ['crc-differs']],
    ['the method', { local: { method: 8 } }, ['method-differs']],
    ['the flag of encryption', { central: { flags: 1 } }, ['encrypted', 'flags-differ']],
    ['who says the size', { central: { flags: 8 } }, ['flags-differ']],
    ['a method that is not read', { central: { method: 14 } }, ['method-differs', 'unread-method']],
  ])('%s', async (_, lie, expected) => {
    expect(await kinds(zipOf([{ name: 'a', data, ...lie }]))).toEqual(expected)
  })

  test('the content can be read in both ways', async () => {
    // By the directory the entry is stored, and deflate's bytes are its content.
    const { entries } = await survey(zipOf([{ name: 'a', data, deflate: true, central: { method: 0 } }]))
    const found = await contents(entries[0]!)
    expect(found['local']).toBe(data.toString())
    expect(found['directory']).not.toBe(data.toString())
  })

  test.each([
    ['a wrong checksum', { central: { crc32: 7 }, local: { crc32: 7 } }],
    ['a flag of encryption', { central: { flags: 1 } }],
    ['a wrong size', { central: { size: 2 }, local: { size: 2 } }],
  ])('%s keeps nobody from the content', async (_, lie) => {
    const { entries } = await survey(zipOf([{ name: 'a', data, deflate: true, ...lie }]))
    expect(await contents(entries[0]!)).toEqual({ directory: data.toString(), local: data.toString() })
  })

  test('a stored entry with two sizes is read as long as any loader would', async () => {
    const bytes = zipOf([
      { name: 'a', data, central: { size: 100 } },
      { name: 'b', data: evil },
    ])
    expect(await kinds(bytes)).toEqual(['size-differs', 'two-sizes'])
    const [entry] = (await survey(bytes)).entries
    expect((await contents(entry!))['directory']).toHaveLength(100)
  })
})

describe('entries in one place only', () => {
  test('local headers that the directory does not list', async () => {
    const hidden = zipOf([{ name: 'hidden.pkl', data: evil }])
    const local = hidden.subarray(0, 30 + 10 + evil.length)
    const { entries, hazards } = await survey(Buffer.concat([local, zipOf([{ name: 'a', data }])]))
    expect(hazards.map(({ kind, entry }) => [kind, entry])).toContainEqual(['only-local', 'hidden.pkl'])
    const found = entries.find(({ name }) => name === 'hidden.pkl')
    expect(await contents(found!)).toEqual({ local: evil.toString() })
    // The rest is found although every offset of the directory is too small.
    expect(await contents(entries.find(({ name }) => name === 'a')!)).toMatchObject({
      directory: data.toString(),
    })
  })

  test('a record of the directory that leads nowhere', async () => {
    const { entries, hazards } = await survey(zipOf([{ name: 'a', data, central: { offset: 3 } }]))
    expect(hazards.map(({ kind }) => kind)).toEqual(['no-local-header', 'only-local', 'duplicate-name'])
    expect(entries.map(({ views }) => views.length)).toEqual([0, 1])
  })

  test('a record that leads into another entry', async () => {
    const inner = zipOf([{ name: 'inner', data: evil }]).subarray(0, 30 + 5 + evil.length)
    const bytes = zipOf([
      { name: 'outer', data: inner },
      { name: 'inner', data: evil, central: { offset: 35 } },
    ])
    expect(await kinds(bytes)).toContain('overlap')
    const entry = (await survey(bytes)).entries.find(({ name }) => name === 'inner')
    expect(await contents(entry!)).toMatchObject({ directory: evil.toString() })
  })

  test('two records for the same bytes', async () => {
    const bytes = zipOf([
      { name: 'a', data },
      { name: 'b', data, central: { offset: 0 } },
    ])
    expect(await kinds(bytes)).toEqual(['name-differs', 'only-local', 'overlap', 'duplicate-name'].sort())
  })
})

describe('bytes that belong to no entry', () => {
  const archive = zipOf([{ name: 'a', data }])
  test('in front', async () => {
    const { entries, hazards } = await survey(Buffer.concat([evil, archive]))
    expect(hazards).toEqual([
      { kind: 'data-before', offset: 0, detail: `${evil.length} bytes belong to no entry` },
    ])
    expect(await contents(entries[0]!)).toEqual({ directory: data.toString(), local: data.toString() })
  })

  test('behind', async () => {
    expect(await kinds(Buffer.concat([archive, evil]))).toEqual(['data-after'])
  })

  test('between', async () => {
    const [first, second] = [zipOf([{ name: 'a', data }]), zipOf([{ name: 'b', data: evil }])]
    expect(await kinds(Buffer.concat([first, second]))).toEqual([
      'data-between',
      'only-local',
      'several-ends',
    ])
  })

  test('a whole archive in the comment of another', async () => {
    const second = zipOf([{ name: 'b', data: evil }])
    const bytes = zipOf([{ name: 'a', data }], { comment: '\0'.repeat(second.length) })
    bytes.set(second, bytes.length - second.length)
    const { entries, hazards } = await survey(bytes)
    expect(hazards.map(({ kind }) => kind)).toContain('several-ends')
    expect(entries.map(({ name }) => name).sort()).toEqual(['a', 'b'])
  })

  test('zeros, which align, are none', async () => {
    const bytes = Buffer.concat([
      zipOf([{ name: 'a', data }]).subarray(0, 31 + data.length),
      Buffer.alloc(64),
    ])
    const { hazards } = await survey(Buffer.concat([bytes, zipOf([{ name: 'b', data }])]))
    expect(hazards.map(({ kind }) => kind)).toEqual(['only-local'])
  })
})

test.each<[string | Uint8Array, string[]]>([
  ['../a', ['climbing-name']],
  ['/etc/passwd', ['absolute-name']],
  ['C:/a', ['absolute-name']],
  ['a\\..\\..\\b', ['backslash', 'climbing-name']],
  ['a.pkl\0.txt', ['nul-in-name']],
  ['a\nb', ['control-in-name']],
  ['', ['empty-name']],
  ['x'.repeat(5000), ['long-name']],
  [Uint8Array.of(0xff, 0x61), ['not-utf8']],
  ['model.zip', ['nested-archive']],
])('the name %j', async (name, expected) => {
  expect(await kinds(zipOf([{ name, data }]))).toEqual(expected)
})

test('names that are one on some disks', async () => {
  const entries = ['data.pkl', 'Data.pkl', 'e\u0301', '\u00e9'].map(name => ({ name, data }))
  const { hazards } = await survey(zipOf(entries))
  expect(hazards.map(({ kind, entry }) => [kind, entry])).toEqual([
    ['case-only', 'Data.pkl'],
    ['case-only', '\u00e9'],
  ])
})

test('the same name twice', async () => {
  const { entries, hazards } = await survey(
    zipOf([
      { name: 'a', data },
      { name: 'a', data: evil },
    ]),
  )
  expect(hazards.map(({ kind }) => kind)).toEqual(['duplicate-name'])
  expect(await Promise.all(entries.map(contents))).toEqual([
    { directory: data.toString(), local: data.toString() },
    { directory: evil.toString(), local: evil.toString() },
  ])
})

test('an archive within one, by its content', async () => {
  expect(await kinds(zipOf([{ name: 'a', data: zipOf([{ name: 'b', data }]) }]))).toEqual(['nested-archive'])
})

test('a bomb is a hazard, and can not be opened', async () => {
  const bytes = zipOf([{ name: 'a', data: Buffer.alloc(80 * 2 ** 20), deflate: true }])
  const { entries, hazards } = await survey(bytes)
  expect(hazards).toEqual([])
  await expect(entries[0]!.views[0]!.open()).rejects.toMatchObject({ code: 'DATA_LIMIT' })
  const lie = { size: 2 ** 31 }
  expect(await kinds(zipOf([{ name: 'a', data, deflate: true, central: lie, local: lie }]))).toEqual([
    'expansion',
  ])
})

test('what is no archive is a survey without entries', async () => {
  for (const bytes of [
    new Uint8Array(0),
    evil,
    Buffer.alloc(100_000, 'PK'),
    Buffer.alloc(70_000, 'PK\x03\x04', 'latin1'),
  ])
    expect((await survey(bytes)).hazards.map(({ kind }) => kind)).toContain('no-directory')
})

test('an archive with bytes changed or cut never makes it throw', async () => {
  const whole = zipOf(
    [
      { name: 'a', data },
      { name: 'b', data, deflate: true },
      { name: 'c', data, deflate: true, streamed: true },
    ],
    { zip64: true },
  )
  const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(changes, fc.nat(whole.length), async (found, length) => {
      const bytes = Buffer.from(whole)
      for (const [at, value] of found) bytes[at] = value
      const { entries } = await survey(bytes.subarray(0, found.length === 0 ? length : bytes.length))
      for (const { views } of entries)
        for (const view of views)
          await view.open().then(
            source => source.close(),
            error =>
              expect(error).toMatchObject({ code: expect.stringMatching(/^ZIP_UNSUPPORTED|DATA_LIMIT$/) }),
          )
    }),
    { numRuns: 400 },
  )
})
