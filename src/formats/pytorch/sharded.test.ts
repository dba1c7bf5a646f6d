import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { digestOf, memoryInput } from '../../../test/fixtures/model-input.ts'
import { openPytorchShards } from './index.ts'

const FIXTURES = new URL('../../../test/fixtures/pytorch/', import.meta.url)
const read = async (name: string) => new Uint8Array(await readFile(new URL(name, FIXTURES)))
const expected = JSON.parse(await readFile(new URL('expected.json', FIXTURES), 'utf8'))

const SHARDS = { 'a.bin': 'state-dict.pt', 'b.bin': 'views-legacy.pt' } as const

/** An index over two files of torch.save, one zip and one legacy. */
async function sharded(more: Readonly<Record<string, string>> = {}, total?: number) {
  const map: Record<string, string> = {}
  for (const [shard, fixture] of Object.entries(SHARDS))
    for (const [name, { sha256 }] of Object.entries<{ sha256?: string }>(expected[fixture]))
      if (sha256 !== undefined) map[name] = shard
  Object.assign(map, more)
  const text = JSON.stringify({ metadata: total === undefined ? {} : { total_size: total }, weight_map: map })
  const others = { 'a.bin': await read(SHARDS['a.bin']), 'b.bin': await read(SHARDS['b.bin']) }
  return { map, input: memoryInput(Buffer.from(text), 'pytorch_model.bin.index.json', others) }
}

test('tensors of all shards are one model, with the bytes that torch wrote', async () => {
  const { map, input } = await sharded()
  const model = await openPytorchShards(input)
  expect(model.file.files[0]?.path).toBe('pytorch_model.bin.index.json')
  expect(new Set(model.file.files.slice(1).map(({ path }) => path))).toEqual(new Set(['a.bin', 'b.bin']))
  expect(model.file.tensors.map(({ name }) => name).sort()).toEqual(Object.keys(map).sort())
  for (const [name, shard] of Object.entries(map)) {
    const { sha256 } = expected[SHARDS[shard as keyof typeof SHARDS]][name]
    expect((await digestOf(model, name)).sha256, name).toBe(sha256)
  }
  await model.close()
})

test('a total that is not that of the tensors is told', async () => {
  const model = await openPytorchShards((await sharded(undefined, 7)).input)
  expect(model.file.notes).toContainEqual(expect.stringContaining('total_size 7'))
  await model.close()
})

describe('what contradicts itself is refused', () => {
  test.each([
    ['a tensor that its shard lacks', { ghost: 'a.bin' }, 'FORMAT_MALFORMED', /'ghost'/],
    ['a shard that is missing', { ghost: 'c.bin' }, 'FORMAT_MALFORMED', /c\.bin/],
    ['a shard outside the folder', { ghost: '../c.bin' }, 'FORMAT_PATH', /\.\.\/c\.bin/],
  ] as const)('%s', async (_, more, code, message) => {
    const { input } = await sharded(more)
    await expect(openPytorchShards(input)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })
})
