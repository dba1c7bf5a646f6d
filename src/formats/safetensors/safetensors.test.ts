import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import {
  digestOf,
  fixtureInput,
  memoryInput,
  mutations,
  readAll,
} from '../../../test/fixtures/model-input.ts'
import type { FileTree } from '../ports.ts'
import { openSafetensors, writeSafetensors } from './index.ts'

const fixture = (name: string) => new URL(`../../../test/fixtures/safetensors/${name}`, import.meta.url)
const expected: Record<
  string,
  Record<string, { dtype: string; shape: number[]; sha256: string }>
> = JSON.parse(await readFile(fixture('expected.json'), 'utf8'))

describe('files that the library wrote', () => {
  test.each(Object.keys(expected))('%s', async path => {
    const model = await openSafetensors(await fixtureInput('safetensors', path))
    const tensors = expected[path]!
    expect(model.file.tensors.map(({ name }) => name).sort()).toEqual(Object.keys(tensors).sort())
    for (const info of model.file.tensors) {
      const { sha256, ...rest } = tensors[info.name]!
      expect(info).toMatchObject(rest)
      expect(await digestOf(model, info.name)).toEqual({ sha256, bytes: info.bytes })
    }
    expect(JSON.parse(JSON.stringify(model.file))).toEqual(model.file)
    await model.close()
  })

  test('closing a model closes the shard of a reading that nobody ended', async () => {
    const input = await fixtureInput('safetensors', 'sharded/model.safetensors.index.json')
    let open = 0
    const tree: FileTree = {
      ...input.tree,
      async open(path) {
        const source = await input.tree.open(path)
        open++
        return { ...source, close: () => source.close().then(() => void open--) }
      },
    }
    const model = await openSafetensors({ ...input, tree })
    expect(open).toBe(0)
    await model.readTensor(model.file.tensors[0]!.name).next()
    expect(open).toBe(1)
    await model.close()
    await model.close()
    expect(open).toBe(0)
  })

  test('a sharded model is one model', async () => {
    const { file } = await openSafetensors(
      await fixtureInput('safetensors', 'sharded/model.safetensors.index.json'),
    )
    expect(file).toMatchObject({
      format: 'safetensors',
      framework: 'PyTorch',
      parameters: 82,
      files: [
        { path: 'sharded/model.safetensors.index.json' },
        { path: 'sharded/model-00001-of-00002.safetensors', size: 408 },
        { path: 'sharded/model-00002-of-00002.safetensors', size: 248 },
      ],
    })
  })

  test('a missing tensor is told with the nearest names', async () => {
    const model = await openSafetensors(await fixtureInput('safetensors', 'every-dtype.safetensors'))
    expect(() => model.readTensor('t.float33')).toThrow(/no tensor 't.float33'/)
    expect(() => model.readTensor('t.float33')).toThrow(
      expect.objectContaining({ code: 'TENSOR_MISSING', hint: expect.stringContaining('t.float32') }),
    )
  })
})

const tensor = (begin: number, end: number, more: object = {}) => ({
  dtype: 'U8',
  shape: [end - begin],
  data_offsets: [begin, end],
  ...more,
})

function safetensors(header: unknown, data = 4, length?: bigint): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(length ?? BigInt(json.length))
  return Buffer.concat([size, json, new Uint8Array(data)])
}

describe('crafted headers', () => {
  const one = JSON.stringify(tensor(0, 4))
  test.each<[string, Uint8Array, string, RegExp]>([
    ['nothing', new Uint8Array(0), 'FORMAT_TRUNCATED', /8 bytes/],
    ['a header of exabytes', safetensors({}, 0, 2n ** 63n), 'FORMAT_LIMIT', /9223372036854775808/],
    ['a header over the limit', safetensors({}, 0, 100_000_001n), 'FORMAT_LIMIT', /limit/],
    ['a header longer than the file', safetensors({}, 0, 3n), 'FORMAT_TRUNCATED', /ends at 10/],
    ['no JSON', safetensors('{]', 0), 'FORMAT_MALFORMED', /byte 9.*expected a key/],
    ['a list', safetensors('[]', 0), 'FORMAT_MALFORMED', /no JSON object/],
    ['text behind the JSON', safetensors('{}{}', 0), 'FORMAT_MALFORMED', /expected the end/],
    ['no UTF-8', safetensors('{}', 0).with(8, 255), 'FORMAT_MALFORMED', /UTF-8/],
    ['a byte order mark', safetensors('\ufeff{}', 0), 'FORMAT_MALFORMED', /expected a value/],
    ['half a surrogate pair', safetensors('{"\\ud800":1}', 0), 'FORMAT_MALFORMED', /whole characters/],
    ['a name twice', safetensors(`{"a":${one},"a":${one}}`), 'FORMAT_MALFORMED', /'a' twice/],
    ['a member twice', safetensors('{"a":{"dtype":"U8","dtype":"I8"}}'), 'FORMAT_MALFORMED', /'dtype' twice/],
    ['a name twice by an escape', safetensors(`{"a":${one},"\\u0061":${one}}`), 'FORMAT_MALFORMED', /twice/],
    ['a gap', safetensors({ a: tensor(1, 4) }), 'FORMAT_MALFORMED', /leaves a gap/],
    ['an overlap', safetensors({ a: tensor(0, 3), b: tensor(2, 4) }), 'FORMAT_MALFORMED', /shares bytes/],
    ['bytes of no tensor', safetensors({ a: tensor(0, 3) }), 'FORMAT_MALFORMED', /end at/],
    ['a tensor beyond the end', safetensors({ a: tensor(0, 5) }), 'FORMAT_TRUNCATED', /reach to/],
    [
      'a size that lies',
      safetensors({ a: tensor(0, 4, { shape: [3] }) }),
      'FORMAT_MALFORMED',
      /takes 3 bytes/,
    ],
    [
      'half a byte',
      safetensors({ a: tensor(0, 4, { dtype: 'F4', shape: [7] }) }),
      'FORMAT_MALFORMED',
      /within/,
    ],
    ['an unknown type', safetensors({ a: tensor(0, 4, { dtype: 'C128' }) }), 'FORMAT_MALFORMED', /'C128'/],
    [
      'a type of a prototype',
      safetensors({ a: tensor(0, 4, { dtype: 'toString' }) }),
      'FORMAT_MALFORMED',
      /dtype/,
    ],
    ['a negative size', safetensors({ a: tensor(0, 4, { shape: [-4] }) }), 'FORMAT_MALFORMED', /shape/],
    [
      'offsets backwards',
      safetensors({ a: tensor(0, 4, { data_offsets: [4, 0] }) }),
      'FORMAT_MALFORMED',
      /offsets/,
    ],
    [
      'an overflow',
      safetensors({ a: tensor(0, 4, { shape: [2 ** 40, 2 ** 40] }) }),
      'FORMAT_MALFORMED',
      /beyond/,
    ],
    [
      'an overflow hidden by a zero',
      safetensors(
        `{"a":{"dtype":"U8","shape":[${'9007199254740991,'.repeat(30)}0],"data_offsets":[0,0]}}`,
        0,
      ),
      'FORMAT_MALFORMED',
      /beyond/,
    ],
    [
      'a size beyond 2^53',
      safetensors('{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,4]}}'),
      'FORMAT_MALFORMED',
      /shape/,
    ],
    [
      'a hundred axes',
      safetensors({ a: tensor(0, 1, { shape: Array(100).fill(1) }) }, 1),
      'FORMAT_LIMIT',
      /axes/,
    ],
    [
      'metadata that is no text',
      safetensors({ __metadata__: { a: 1 } }, 0),
      'FORMAT_MALFORMED',
      /__metadata__/,
    ],
    ['JSON a thousand deep', safetensors('['.repeat(1000), 0), 'FORMAT_LIMIT', /nested/],
    ['millions of values', safetensors(`[${'0,'.repeat(4_000_000)}0]`, 0), 'FORMAT_LIMIT', /values/],
  ])('%s', async (_, bytes, code, message) => {
    await expect(openSafetensors(memoryInput(bytes, 'm.safetensors'))).rejects.toMatchObject({
      name: 'FormatsError',
      code,
      message: expect.stringMatching(message),
    })
  })

  test('names of prototypes are names', async () => {
    const bytes = safetensors('{"__proto__":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}')
    const model = await openSafetensors(memoryInput(bytes, 'm.safetensors'))
    expect(model.file.tensors).toMatchObject([{ name: '__proto__', shape: [4] }])
    expect((await digestOf(model, '__proto__')).bytes).toBe(4)
  })

  test('every truncation is refused', async () => {
    const whole = await readFile(fixture('plain.safetensors'))
    for (let length = 0; length < whole.length; length++) {
      await expect(
        openSafetensors(memoryInput(whole.subarray(0, length), 'm.safetensors')),
      ).rejects.toMatchObject({ code: 'FORMAT_TRUNCATED' })
    }
  })

  test('mutated files are read or refused with a typed error', async () => {
    const whole = await readFile(fixture('every-dtype.safetensors'))
    for (const bytes of mutations(whole, 500)) {
      try {
        await readAll(openSafetensors, memoryInput(bytes, 'm.safetensors'))
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(FORMAT_|RANGE_)/) })
      }
    }
  })
})

describe('shards', () => {
  const index = (weights: object) => Buffer.from(JSON.stringify({ weight_map: weights }))
  const shard = { '1.safetensors': safetensors({ a: tensor(0, 4), b: tensor(4, 4) }) }
  test.each<[string, object, string, RegExp]>([
    ['a missing shard', { a: '2.safetensors' }, 'FORMAT_MALFORMED', /'2.safetensors' could not be opened/],
    ['a missing tensor', { x: '1.safetensors' }, 'FORMAT_MALFORMED', /'x' should be in the shard/],
    ['a shard outside', { a: '../1.safetensors' }, 'FORMAT_PATH', /no plain relative path/],
    ['an absolute shard', { a: '/etc/passwd' }, 'FORMAT_PATH', /no plain relative path/],
    ['a URL', { a: 'http://example.com/1' }, 'FORMAT_PATH', /no plain relative path/],
    ['a drive', { a: 'C:\\1.safetensors' }, 'FORMAT_PATH', /no plain relative path/],
    ['a shard that is no text', { a: 1 }, 'FORMAT_MALFORMED', /names no file/],
  ])('%s', async (_, weights, code, message) => {
    await expect(openSafetensors(memoryInput(index(weights), 'm.json', shard))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test('tensors that the index lacks are told', async () => {
    const { file } = await openSafetensors(memoryInput(index({ a: '1.safetensors' }), 'm.json', shard))
    expect(file.tensors.map(({ name }) => name)).toEqual(['a'])
    expect(file.notes?.join()).toContain('b in 1.safetensors')
  })

  test('JSON without a weight_map is no index', async () => {
    const input = memoryInput(Buffer.from('{"weights": {}}'), 'm.json')
    await expect(openSafetensors(input)).rejects.toMatchObject({
      message: expect.stringMatching(/weight_map/),
    })
  })
})

describe('writing', () => {
  async function written(...args: [Parameters<typeof writeSafetensors>[0], ReadonlyMap<string, string>?]) {
    const pieces: Uint8Array[] = []
    const sink = { write: async (bytes: Uint8Array) => void pieces.push(Uint8Array.from(bytes)) }
    await writeSafetensors(args[0], sink, args[1])
    return Buffer.concat(pieces)
  }

  test.each(['every-dtype.safetensors', 'plain.safetensors'])(
    '%s, read and written again, is the same byte for byte',
    async path => {
      const model = await openSafetensors(await fixtureInput('safetensors', path))
      const tensors = model.file.tensors.map(info => ({ ...info, data: model.readTensor(info.name) }))
      const metadata = new Map(model.file.metadata.map(({ key, value }) => [key, value]))
      expect(await written(tensors.toReversed(), metadata)).toEqual(await readFile(fixture(path)))
    },
  )

  const plain = { name: 'a', dtype: 'float32', shape: [2], data: new Uint8Array(8) } as const
  test.each<[string, Parameters<typeof writeSafetensors>[0], string]>([
    ['a type that is none there', [{ ...plain, dtype: 'complex128' }], 'FORMAT_UNSUPPORTED'],
    ['text', [{ ...plain, dtype: 'string' }], 'FORMAT_UNSUPPORTED'],
    ['a name twice', [plain, plain], 'FORMAT_MALFORMED'],
    ['the name of the metadata', [{ ...plain, name: '__metadata__' }], 'FORMAT_MALFORMED'],
    ['too little data', [{ ...plain, shape: [3] }], 'FORMAT_MALFORMED'],
    ['too much data', [{ ...plain, shape: [1] }], 'FORMAT_MALFORMED'],
    ['half a byte', [{ ...plain, dtype: 'float4e2m1', shape: [3] }], 'FORMAT_MALFORMED'],
  ])('%s is refused', async (_, tensors, code) => {
    await expect(written(tensors)).rejects.toMatchObject({ code })
  })
})
