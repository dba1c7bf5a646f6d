import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { spoolOf } from './spool.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-spool-'))
  vi.stubEnv('TMPDIR', folder)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

const pieces = Array.from({ length: 300 }, (_, index) => new Uint8Array(index * 7).fill(index))
const whole = Buffer.concat(pieces)

describe.each([
  ['in memory', 2 ** 30],
  ['on disk', 1000],
  ['on disk from the first byte on', 0],
])('%s', (_, held) => {
  test('what was written is read, by ranges', async () => {
    const spool = spoolOf('w', held)
    for (const piece of pieces) await spool.write(piece)
    expect(spool.written).toBe(whole.length)
    const source = await spool.finish()
    expect(source).toMatchObject({ name: 'w', size: whole.length })
    for (const [offset, length] of [
      [0, 10],
      [5000, 100_000],
      [whole.length, 0],
      [0, whole.length],
    ] as const)
      expect(Buffer.compare(await source.read(offset, length), whole.subarray(offset, offset + length))).toBe(
        0,
      )
    for (const [offset, length] of [
      [whole.length, 1],
      [-1, 1],
      [0, Number.NaN],
    ] as const)
      await expect(source.read(offset, length)).rejects.toMatchObject({ code: 'RANGE_OUT_OF_BOUNDS' })
    expect(await readdir(folder)).toEqual([])
    await source.close()
  })

  test('nothing at all is an empty source', async () => {
    const source = await spoolOf('w', held).finish()
    expect(source.size).toBe(0)
    await source.close()
  })

  test('the buffer of a piece may be used again', async () => {
    const spool = spoolOf('w', held)
    const buffer = Uint8Array.of(1, 2, 3)
    await spool.write(buffer)
    buffer.fill(9)
    const source = await spool.finish()
    expect([...(await source.read(0, 3))]).toEqual([1, 2, 3])
    await source.close()
  })
})

test('given up, it leaves nothing', async () => {
  const spool = spoolOf('w', 10)
  await spool.write(whole)
  await spool.abandon()
  expect(await readdir(folder)).toEqual([])
})

test('without a folder to write to, the message names TMPDIR', async () => {
  vi.stubEnv('TMPDIR', join(folder, 'none'))
  await expect(spoolOf('w', 10).write(whole)).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    hint: 'Let TMPDIR name a folder that can be written to.',
  })
})
