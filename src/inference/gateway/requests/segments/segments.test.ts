import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lineOf } from './line.ts'
import { Segments } from './segments.ts'

let folder: string
const opened: Segments[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segments-'))
})
afterEach(async () => {
  for (const segments of opened.splice(0)) await segments.close()
  await rm(folder, { recursive: true, force: true })
})

const DAY = 86_400_000
let now = 1_000 * DAY

async function openSegments(maxBytes = 1e6, keepMs = 30 * DAY): Promise<Segments> {
  const segments = await Segments.open(folder, { maxBytes, keepMs }, () => now)
  opened.push(segments)
  return segments
}

const anEntry = (id: string, more: object = {}) => ({ id, json: JSON.stringify({ id, ...more }) })

async function idsOf(segments: Segments): Promise<string[]> {
  const ids: string[] = []
  for await (const json of segments.lines()) ids.push((JSON.parse(json) as { id: string }).id)
  return ids
}

const files = async () => (await readdir(folder)).filter(name => name.endsWith('.log')).sort()
const last = async () => join(folder, (await files()).at(-1)!)

test('lines come back in their order, and by their ids', async () => {
  const segments = await openSegments()
  await segments.append([anEntry('a', { n: 1 }), anEntry('b'), anEntry('a', { n: 2 })])
  await segments.append([anEntry('ключ', { text: '\u2028 "quoted" \n' })])
  expect(await idsOf(segments)).toEqual(['a', 'b', 'a', 'ключ'])
  expect(await segments.find('a')).toEqual(['{"id":"a","n":1}', '{"id":"a","n":2}'])
  expect(await segments.find('ключ')).toHaveLength(1)
  expect(await segments.find('c')).toEqual([])
})

test('two ids of the same key are told apart', async () => {
  const segments = await openSegments()
  // Both have the CRC-32 4ddb0c25.
  await segments.append([anEntry('plumless'), anEntry('buckeroo')])
  expect(await segments.find('buckeroo')).toEqual(['{"id":"buckeroo"}'])
  expect(await segments.find('plumless')).toEqual(['{"id":"plumless"}'])
})

test('full segments go on a new one, and the oldest go when it is too much', async () => {
  const segments = await openSegments(400_000)
  const text = 'x'.repeat(10_000)
  for (let i = 0; i < 100; i++) await segments.append([anEntry(`r${i}`, { text })])
  expect(segments.bytes).toBeLessThanOrEqual(400_000 + 80_000)
  const ids = await idsOf(segments)
  expect(ids.length).toBeGreaterThan(25)
  expect(ids).toEqual(Array.from({ length: ids.length }, (_, i) => `r${100 - ids.length + i}`))
  expect(await segments.find('r0')).toEqual([])
  expect(await segments.find('r99')).toHaveLength(1)
  await segments.close()
  const again = await openSegments(400_000)
  expect(await idsOf(again)).toEqual(ids)
  for (const id of ids) expect(await again.find(id)).toHaveLength(1)
})

test('what is too old goes, and the file with it', async () => {
  const segments = await openSegments(1e6, DAY)
  await segments.append([anEntry('old')])
  now += DAY / 2
  await segments.append([anEntry('newer')])
  now += DAY * 0.6
  await segments.retain()
  expect(await idsOf(segments)).toEqual(['newer'])
  now += DAY
  await segments.retain()
  expect(await idsOf(segments)).toEqual([])
  expect(await readdir(folder)).toEqual([])
  await segments.append([anEntry('again')])
  expect(await idsOf(segments)).toEqual(['again'])
})

test('keys that are missing, damaged or of another state are made anew', async () => {
  const segments = await openSegments(400_000)
  for (let i = 0; i < 20; i++) await segments.append([anEntry(`r${i}`, { text: 'x'.repeat(10_000) })])
  await segments.close()
  const keys = (await readdir(folder)).filter(name => name.endsWith('.keys')).sort()
  expect(keys.length).toBeGreaterThan(1)
  const [first = '', second = ''] = keys.map(name => join(folder, name))
  const bytes = await readFile(first)
  bytes[5]! ^= 1
  await writeFile(first, bytes)
  await rm(second)
  const again = await openSegments(400_000)
  for (let i = 0; i < 20; i++) expect(await again.find(`r${i}`)).toHaveLength(1)
})

test('wherever a write is cut off, that line is dropped, and nothing else', async () => {
  const lines = ['a', 'b', 'ü', 'd'].map(id => lineOf(JSON.stringify({ id, text: `of ${id}` })))
  const whole = Buffer.from(lines.join(''))
  const ends = lines.map((_, i) => Buffer.byteLength(lines.slice(0, i + 1).join('')))
  for (let cut = 0; cut <= whole.length; cut++) {
    await writeFile(join(folder, '00000001.log'), whole.subarray(0, cut))
    const segments = await Segments.open(folder, { maxBytes: 1e6, keepMs: DAY }, () => now)
    const left = ends.filter(end => end <= cut).length
    expect(await idsOf(segments)).toEqual(['a', 'b', 'ü', 'd'].slice(0, left))
    await segments.append([anEntry('next')])
    expect(await idsOf(segments)).toEqual([...['a', 'b', 'ü', 'd'].slice(0, left), 'next'])
    await segments.close()
    await rm(folder, { recursive: true, force: true })
    await openSegments()
  }
})

test('damage within a file costs the lines that it hits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(10_000), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      await rm(folder, { recursive: true, force: true })
      const segments = await openSegments()
      const ids = Array.from({ length: 20 }, (_, i) => `r${i}`)
      await segments.append(ids.map(id => anEntry(id, { text: 'y'.repeat(30) })))
      await segments.close()
      const bytes = await readFile(await last())
      bytes[at % bytes.length]! ^= flip
      await writeFile(await last(), bytes)
      const left = await idsOf(await openSegments())
      // A flipped line feed joins two lines; any other byte hits one.
      expect(left.length).toBeGreaterThanOrEqual(18)
      expect(left.length).toBeLessThan(20)
      expect(ids.filter(id => left.includes(id))).toEqual(left)
    }),
    { numRuns: 60 },
  )
})

test('zeros that a power cut left behind the last line are cut off', async () => {
  const segments = await openSegments()
  await segments.append([anEntry('a')])
  await segments.close()
  const { size } = await stat(await last())
  await truncate(await last(), size + 5000)
  const again = await openSegments()
  expect(await idsOf(again)).toEqual(['a'])
  expect((await stat(await last())).size).toBe(size)
})

test('a line too long to be one is skipped, and what follows is read', async () => {
  const segments = await openSegments(1e9)
  await segments.append([anEntry('a')])
  await segments.close()
  await appendFile(await last(), Buffer.alloc(9 * 2 ** 20, 'x'))
  await appendFile(await last(), `\n${lineOf('{"id":"b"}')}`)
  expect(await idsOf(await openSegments(1e9))).toEqual(['a', 'b'])
})

test('a disk that takes nothing keeps nothing, and says so', async () => {
  const segments = await openSegments()
  await rm(folder, { recursive: true })
  await writeFile(folder, 'in the way')
  await expect(segments.append([anEntry('a')])).rejects.toThrow(/ENOTDIR|EEXIST/)
  expect(await idsOf(segments)).toEqual([])
})
