import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bfloat16Of, fineTuned, safetensorsOf, weights } from '../../../../test/fixtures/pack-world.ts'
import { digestOf } from '../../../core/index.ts'
import { openBase } from './base.ts'
import { packSingleFile } from './pack-file.ts'
import { openSingleFile } from './unpack-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballast-single-'))
  await writeFile(at('old'), model(1))
  await writeFile(at('new'), model(2))
})
afterEach(() => rm(folder, { recursive: true }))

const at = (name: string) => join(folder, name)
const VALUES = weights(200_000, 1)
const model = (seed: number) =>
  safetensorsOf(
    ['a', 'b'].map((name, index) => ({
      name,
      dtype: 'BF16' as const,
      data: bfloat16Of(fineTuned(index === 0 ? VALUES : VALUES.toReversed(), seed)),
    })),
  )

async function pack(from: string, to: string, basePath?: string) {
  const base = basePath === undefined ? undefined : await openBase(at(basePath))
  return packSingleFile({ path: at(from), to: at(to), threads: 0, ...(base && { base }) })
}

async function unpack(from: string, basePath?: string): Promise<Uint8Array> {
  const file = await openSingleFile(at(from), basePath === undefined ? undefined : at(basePath))
  await file.restoreTo(at('out'))
  return readFile(at('out'))
}

test('a file by itself', async () => {
  const { stats } = await pack('old', 'old.ballast')
  expect(stats.packSize).toBeLessThan(0.75 * stats.size)
  expect(digestOf(await unpack('old.ballast'))).toBe(digestOf(model(1)))
})

test.each([
  ['plain', 'old', 'old'],
  ['packed', 'old.ballast', 'old.ballast'],
  ['plain for packing and packed for unpacking', 'old', 'old.ballast'],
])('a file against another one, %s: what differs alone', async (_, packing, unpacking) => {
  await pack('old', 'old.ballast')
  const { stats } = await pack('new', 'new.ballast', packing)
  expect(stats.packSize).toBeLessThan(0.1 * stats.size)
  expect(digestOf(await unpack('new.ballast', unpacking))).toBe(digestOf(model(2)))
})

test('without its base, or with another one, the digest that is needed is told', async () => {
  await pack('new', 'new.ballast', 'old')
  for (const base of [undefined, 'new', 'new.ballast'])
    await expect(unpack('new.ballast', base)).rejects.toMatchObject({ code: 'BASE_MISSING' })
  await expect(unpack('new.ballast')).rejects.toMatchObject({ details: { digest: digestOf(model(1)) } })
})

test('nothing is packed against a file that has a base itself', async () => {
  await pack('new', 'new.ballast', 'old')
  await expect(pack('old', 'again.ballast', 'new.ballast')).rejects.toMatchObject({ code: 'BASE_MISSING' })
})

test('one tensor by itself', async () => {
  await pack('new', 'new.ballast', 'old')
  const file = await openSingleFile(at('new.ballast'), at('old'))
  const { offset, length } = file.recipe.tensors[1]!
  await file.rangeTo(at('b'), offset, offset + length)
  expect(digestOf(await readFile(at('b')))).toBe(digestOf(model(2).subarray(offset, offset + length)))
})

test('a base that changes on disk is told, and gives no wrong bytes', async () => {
  await pack('new', 'new.ballast', 'old')
  const file = await openSingleFile(at('new.ballast'), at('old'))
  const other = Buffer.from(model(1))
  other[other.length - 5]! ^= 64
  await writeFile(at('old'), other)
  const broken = { code: 'PACK_CORRUPT', message: expect.stringContaining(`The pack ${at('old')}`) }
  await expect(file.restoreTo(at('out'))).rejects.toMatchObject(broken)
  await expect(file.check()).rejects.toMatchObject(broken)
})
