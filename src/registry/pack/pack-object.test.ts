import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  bfloat16Of,
  fineTuned,
  PackWorld,
  randomOf,
  safetensorsOf,
  weights,
} from '../../../test/fixtures/pack-world.ts'
import { digestOf, openFile, sourceOf } from '../../core/index.ts'
import { readPack } from './read.ts'
import { MAX_DEPTH, type Recipe } from './types.ts'

let world: PackWorld
beforeEach(async () => {
  world = await PackWorld.open()
})
afterEach(() => world.close())

const MEBI = 2 ** 20
const sizeOf = (bytes: Uint8Array) => bytes.byteLength

/** Bytes as files have them: noise, repeats, zeros. */
const content = fc
  .array(
    fc.record({
      kind: fc.constantFrom('noise', 'zeros', 'repeat'),
      length: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.constantFrom(70_000, 300_000)),
      seed: fc.integer(),
    }),
    { maxLength: 6 },
  )
  .map(parts => Buffer.concat(parts.map(({ kind, length, seed }) => filled(kind, length, seed))))

function filled(kind: string, length: number, seed: number): Uint8Array {
  const random = randomOf(kind === 'repeat' ? 7 : seed)
  return Uint8Array.from({ length }, () => (kind === 'zeros' ? 0 : random() * 256))
}

test('any bytes come back, whole and by any range', async () => {
  await fc.assert(
    fc.asyncProperty(content, fc.nat(), fc.nat(), async (bytes, a, b) => {
      const { recipe } = await world.pack(bytes)
      expect(recipe).toMatchObject({ digest: digestOf(bytes), size: bytes.byteLength })
      expect(digestOf(await world.bytesOf(recipe))).toBe(digestOf(bytes))
      const source = world.source(recipe)
      const [start, end] = [a % (bytes.byteLength + 1), b % (bytes.byteLength + 1)].sort((x, y) => x - y)
      expect(Buffer.compare(await source.read(start!, end! - start!), bytes.subarray(start, end))).toBe(0)
      await source.close()
    }),
    { numRuns: 30 },
  )
})

const LONG = { timeout: 120_000 }
test(
  'any later state of any tensors comes back, and its deltas from the chain of all before',
  LONG,
  async () => {
    const edit = fc.record({ at: fc.nat(), length: fc.nat({ max: 200_000 }), seed: fc.integer() })
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 12 }), async edits => {
        const data = filled('noise', 400_000, 1)
        const file = () =>
          safetensorsOf([
            { name: 'a', dtype: 'F32', data: data.subarray(0, 200_000) },
            { name: 'b', dtype: 'BF16', data: data.subarray(200_000) },
          ])
        let bases: readonly Recipe[] = [(await world.pack(file())).recipe]
        for (const { at, length, seed } of edits) {
          const start = at % data.byteLength
          const part = data.subarray(start, start + length)
          const random = randomOf(seed)
          // Small changes, so that deltas pay.
          for (const [index, byte] of part.entries()) part[index] = byte ^ (random() < 0.05 ? 1 : 0)
          const bytes = file()
          const { recipe } = await world.pack(bytes, { bases })
          expect(await world.restored(recipe)).toBe(digestOf(bytes))
          expect(digestOf(await world.bytesOf(recipe))).toBe(digestOf(bytes))
          bases = [recipe]
        }
      }),
      { numRuns: 8 },
    )
    expect(Math.max(...[...world.places.values()].map(({ depth }) => depth))).toBeGreaterThan(3)
  },
)

describe('real files', () => {
  const folders = ['safetensors', 'onnx', 'pytorch', 'gguf', 'hdf5', 'numpy', 'tflite', 'codecs']
  const files = folders.flatMap(folder =>
    readdirSync(`test/fixtures/${folder}`, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && !/\.(py|json|ts|md)$/.test(entry.name))
      .map(({ parentPath, name }) => `${parentPath}/${name}`),
  )

  test('come back, all of them', async () => {
    expect(files.length).toBeGreaterThan(50)
    for (const path of files) {
      const source = await openFile(path)
      const { recipe } = await world.pack(source, { name: path })
      await source.close()
      expect(digestOf(await world.bytesOf(recipe)), path).toBe(digestOf(readFileSync(path)))
    }
  })
})

describe('what it costs', () => {
  const old = weights(600_000, 1)
  const named = (name: string, dtype: 'F32' | 'BF16', data: Uint8Array) => ({ name, dtype, data })
  const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer.slice(0))

  test('a fine-tune of every weight in bfloat16: a tenth of its size', async () => {
    const [before, after] = [old, fineTuned(old, 2)].map(values =>
      safetensorsOf([named('w', 'BF16', bfloat16Of(values!))]),
    )
    const first = await world.pack(before!)
    const second = await world.pack(after!, { bases: [first.recipe] })
    expect(second.stats.encodings.delta.pieces).toBeGreaterThan(0)
    expect(second.stats.packSize / sizeOf(after!)).toBeLessThan(0.1)
    expect(await world.restored(second.recipe)).toBe(digestOf(after!))
  })

  test('the same with all tensors renamed, of several shapes: no more', async () => {
    const parts = [1, 2, 3].map(seed => weights(150_000 + 50_000 * (seed % 2), seed))
    const before = safetensorsOf(
      parts.map((values, index) => named(`layer.${index}`, 'BF16', bfloat16Of(values))),
    )
    const after = safetensorsOf(
      parts.map((values, index) => named(`model.layer.${index}`, 'BF16', bfloat16Of(fineTuned(values, 9)))),
    )
    const first = await world.pack(before)
    const second = await world.pack(after, { bases: [first.recipe] })
    expect(second.stats.packSize / sizeOf(after)).toBeLessThan(0.1)
    expect(await world.restored(second.recipe)).toBe(digestOf(after))
  })

  test('an edit of one tensor of many: its bytes and 2 % of them', async () => {
    const tensors = Array.from({ length: 12 }, (_, index) =>
      named(`layer.${index}`, 'F32', bytesOf(weights(100_000, index))),
    )
    const changed = tensors.map((tensor, index) =>
      index === 5 ? named(tensor.name, 'F32', bytesOf(weights(100_000, 99))) : tensor,
    )
    const first = await world.pack(safetensorsOf(tensors))
    const second = await world.pack(safetensorsOf(changed), { bases: [first.recipe] })
    expect(second.stats.packSize).toBeLessThan(1.02 * sizeOf(changed[5]!.data))
    expect(second.stats.reusedBytes).toBeGreaterThan(11 * 400_000)
  })

  test('the same file again, or under another name: its recipe', async () => {
    const bytes = safetensorsOf([named('w', 'F32', bytesOf(old))])
    await world.pack(bytes)
    const again = await world.pack(bytes)
    expect(again.places).toEqual([])
    expect(again.stats.packSize).toBeLessThan(600)
  })

  test('noise: less than 1 % more than itself', async () => {
    const noise = filled('noise', 3 * MEBI, 5)
    const { stats } = await world.pack(noise)
    expect(stats.packSize).toBeLessThan(1.01 * sizeOf(noise))
  })
})

test('a chain of deltas ends, and begins again with a whole piece', async () => {
  let values = weights(50_000, 1)
  const depths: number[] = []
  let bases: readonly Recipe[] = []
  for (let version = 0; version < MAX_DEPTH + 3; version++) {
    const bytes = safetensorsOf([{ name: 'w', dtype: 'BF16', data: bfloat16Of(values) }])
    const { recipe, places } = await world.pack(bytes, { bases })
    depths.push(Math.max(...places.map(({ depth }) => depth)))
    expect(await world.restored(recipe)).toBe(digestOf(bytes))
    bases = [recipe]
    values = fineTuned(values, version)
  }
  expect(depths).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1])
})

test('a base whose bytes are not what its recipe says is not relied on', async () => {
  const tensors = (seed: number) =>
    safetensorsOf([{ name: 'w', dtype: 'BF16', data: bfloat16Of(fineTuned(weights(50_000, 1), seed)) }])
  const { recipe } = await world.pack(tensors(1))
  const draft = await world.packs.draft()
  const { packObject } = await import('./pack-object.ts')
  const bytes = tensors(2)
  const { places, stats } = await packObject({
    source: sourceOf(bytes),
    name: 'x',
    known: world.find,
    bases: [{ recipe, read: async (_, length) => new Uint8Array(length) }],
    codec: world.codec,
    draft,
  })
  expect(stats.encodings.delta.pieces).toBe(0)
  expect(places.every(({ base }) => base === undefined)).toBe(true)
})

test('threads write the same pack, byte for byte', async () => {
  const bytes = safetensorsOf([
    { name: 'a', dtype: 'F32', data: new Uint8Array(weights(900_000, 3).buffer) },
    { name: 'b', dtype: 'BF16', data: bfloat16Of(weights(900_000, 4)) },
  ])
  const here = await world.packBytes((await world.pack(bytes)).id)
  world.places.clear()
  const there = await world.packBytes((await world.pack(bytes, { threads: 2 })).id)
  expect(Buffer.compare(here, there)).toBe(0)
})

test('a file that is not what its digest says is refused', async () => {
  const bytes = filled('noise', 1000, 1)
  await expect(world.pack(bytes, { digest: digestOf('other') })).rejects.toMatchObject({
    code: 'BLOB_DIGEST_MISMATCH',
    details: { expected: digestOf('other'), actual: digestOf(bytes) },
  })
})

test('a pack says all that its writer said', async () => {
  const one = await world.pack(
    safetensorsOf([{ name: 'w', dtype: 'F32', data: filled('noise', 400_000, 1) }]),
  )
  const noise = filled('noise', 300_000, 2)
  const two = await world.pack(Buffer.concat([noise, filled('noise', 90_000, 3), noise]), {
    bases: [one.recipe],
  })
  for (const { id, places, recipe } of [one, two]) {
    const source = await world.packs.open(id)
    expect(await readPack(source, id)).toEqual({ id, size: source.size, places, recipes: [recipe] })
    await source.close()
  }
})
