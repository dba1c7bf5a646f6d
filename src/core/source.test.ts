import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ByteSource, openFile, sourceOf } from './source.ts'

let folder: string
const bytes = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'source-'))
  await writeFile(join(folder, 'f'), bytes)
  execFileSync('mkfifo', [join(folder, 'pipe')])
})
afterAll(() => rm(folder, { recursive: true }))

const sources: [string, () => Promise<ByteSource>][] = [
  ['a file', () => openFile(join(folder, 'f'))],
  ['bytes', async () => sourceOf(bytes)],
]
describe.each(sources)('%s as a source', (_, open) => {
  test.each([
    [0, 10],
    [3, 4],
    [9, 1],
    [10, 0],
    [0, 0],
  ])('reads from %d, %d bytes', async (offset, length) => {
    const source = await open()
    expect(source.size).toBe(10)
    expect([...(await source.read(offset, length))]).toEqual([...bytes.slice(offset, offset + length)])
    await source.close()
  })
  test.each([
    [0, 11],
    [10, 1],
    [11, 0],
    [-1, 2],
    [0, -1],
    [0.5, 1],
    [0, Number.NaN],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    [2 ** 53, 0],
  ])('refuses from %d, %d bytes', async (offset, length) => {
    const source = await open()
    await expect(source.read(offset, length)).rejects.toMatchObject({ code: 'RANGE_OUT_OF_BOUNDS' })
    await source.close()
  })
})

describe('a file, into memory that is there already', () => {
  test('fills all of it, and nothing around', async () => {
    const source = await openFile(join(folder, 'f'))
    const memory = new Uint8Array(8)
    await source.readInto?.(3, memory.subarray(2, 6))
    expect([...memory]).toEqual([0, 0, 3, 4, 5, 6, 0, 0])
    await source.close()
  })

  test.each([
    [0, 11],
    [10, 1],
    [-1, 2],
    [Number.NaN, 1],
  ])('refuses from %d, %d bytes', async (offset, length) => {
    const source = await openFile(join(folder, 'f'))
    const reading = source.readInto?.(offset, new Uint8Array(length))
    await expect(reading).rejects.toMatchObject({ code: 'RANGE_OUT_OF_BOUNDS' })
    await source.close()
  })
})

test('a file that shrinks while it is read is out of bounds, not a hang', async () => {
  const path = join(folder, 'shrinking')
  await writeFile(path, bytes)
  const source = await openFile(path)
  await truncate(path, 4)
  await expect(source.read(0, 10)).rejects.toMatchObject({ code: 'RANGE_OUT_OF_BOUNDS' })
  await source.close()
})

test.each([
  ['nothing', 'nowhere', 'There is no file'],
  ['a folder', '.', 'not a regular file'],
  ['a named pipe', 'pipe', 'not a regular file'],
])('%s is no source', async (_, name, message) => {
  const opened = openFile(join(folder, name))
  await expect(opened).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  await expect(opened).rejects.toThrow(message)
})
