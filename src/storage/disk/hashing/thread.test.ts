import { createHash, randomFillSync } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FileHash } from './thread.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-hashing-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('files that are written at the same time have each its own digest, however often it is told how far they are', async () => {
  const all = Array.from({ length: 4 }, async (_, i) => {
    const bytes = randomFillSync(Buffer.alloc(1_000_000 + i))
    const handle = await open(join(folder, `${i}`), 'wx+')
    const hash = new FileHash(handle.fd)
    for (let at = 0; at < bytes.length; at += 100_000) {
      await handle.write(bytes.subarray(at, at + 100_000), 0, undefined, at)
      hash.reach(Math.min(at + 100_000, bytes.length))
    }
    const hex = await hash.end(bytes.length)
    await handle.close()
    expect(hex).toBe(createHash('sha256').update(bytes).digest('hex'))
  })
  await Promise.all(all)
})

test('a file that is shorter than was said fails, also when that was found out before its end', async () => {
  const handle = await open(join(folder, 'short'), 'wx+')
  await handle.write('short')
  const [early, late] = [new FileHash(handle.fd), new FileHash(handle.fd)]
  early.reach(99)
  await expect(early.end(5)).rejects.toThrow('ended at 5, before 99')
  await expect(late.end(99)).rejects.toThrow('ended at 5, before 99')
  await handle.close()
})

test('one that is abandoned costs the others nothing', async () => {
  const handle = await open(join(folder, 'abandoned'), 'wx+')
  await handle.write('bytes')
  const [gone, stays] = [new FileHash(handle.fd), new FileHash(handle.fd)]
  gone.reach(5)
  stays.reach(2)
  await gone.abandon()
  expect(await stays.end(5)).toBe(createHash('sha256').update('bytes').digest('hex'))
  await handle.close()
})
