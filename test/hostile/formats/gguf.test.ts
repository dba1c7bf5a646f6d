import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { BallastError } from '../../../src/core/index.ts'
import { ggufTemplates, openGguf } from '../../../src/formats/gguf/index.ts'
import { MAX_ARRAY_DEPTH, MAX_STRING_BYTES } from '../../../src/formats/gguf/limits.ts'
import {
  aFile,
  anArray,
  anEntry,
  type GgufEntry,
  type GgufFile,
  type GgufInfo,
  inputOf,
  numberOfType,
  weight,
} from './gguf-bytes.ts'

test.each<[string, GgufFile, string]>([
  ['another magic', { magic: 'GGUX' }, 'FORMAT_MALFORMED'],
  ['the format before GGUF', { magic: 'tjgg' }, 'FORMAT_UNSUPPORTED'],
  ['version 1', { version: 1 }, 'FORMAT_UNSUPPORTED'],
  ['a version to come', { version: 4 }, 'FORMAT_UNSUPPORTED'],
  ['a big-endian version 2', { version: 0x0200_0000 }, 'FORMAT_UNSUPPORTED'],
  ['version 0', { version: 0 }, 'FORMAT_UNSUPPORTED'],
  ['more tensors than bytes', { tensorCount: 1000 }, 'FORMAT_TRUNCATED'],
  ['2^64 − 1 tensors', { tensorCount: 2n ** 64n - 1n }, 'FORMAT_MALFORMED'],
  ['a billion tensors', { tensorCount: 1e9 }, 'FORMAT_LIMIT'],
  ['a billion entries', { entryCount: 1e9 }, 'FORMAT_LIMIT'],
  [
    'a type of value that there is not',
    { entries: [{ key: 'k', type: 13, body: o => o.number('uint8', 0) }] },
    'FORMAT_MALFORMED',
  ],
  ['a bool of 2', { entries: [anEntry('bool', out => out.number('uint8', 2))] }, 'FORMAT_MALFORMED'],
  [
    'a string that never ends',
    { entries: [anEntry('string', out => out.number('uint64', 1e15))] },
    'FORMAT_TRUNCATED',
  ],
  [
    'a string of 2^64 − 1 bytes',
    { entries: [anEntry('string', out => out.number('uint64', 2n ** 64n - 1n))] },
    'FORMAT_MALFORMED',
  ],
  [
    'an array of 2^53 − 1 strings',
    { entries: [anArray('string', Number.MAX_SAFE_INTEGER)] },
    'FORMAT_TRUNCATED',
  ],
  [
    'an array of 2^53 − 1 doubles',
    { entries: [anArray('float64', Number.MAX_SAFE_INTEGER)] },
    'FORMAT_TRUNCATED',
  ],
  [
    'a key twice',
    { entries: ['a', 'a'].map(key => anEntry('uint8', out => out.number('uint8', 1), key)) },
    'FORMAT_MALFORMED',
  ],
  [
    'a key of 70,000 bytes',
    { entries: [anEntry('uint8', out => out.number('uint8', 1), 'k'.repeat(70_000))] },
    'FORMAT_LIMIT',
  ],
  ['a tensor twice', { tensors: [weight, { ...weight, offset: 32 }], data: 64 }, 'FORMAT_MALFORMED'],
  [
    'tensors that overlap',
    {
      tensors: [
        { ...weight, dimensions: [16] },
        { ...weight, name: 'b', offset: 32 },
      ],
      data: 64,
    },
    'FORMAT_MALFORMED',
  ],
  ['tensors in one place', { tensors: [weight, { ...weight, name: 'b' }], data: 64 }, 'FORMAT_MALFORMED'],
  ['a tensor that is not aligned', { tensors: [{ ...weight, offset: 4 }], data: 64 }, 'FORMAT_MALFORMED'],
  ['a tensor behind the end', { tensors: [{ ...weight, offset: 64 }], data: 64 }, 'FORMAT_TRUNCATED'],
  ['a tensor over the end', { tensors: [{ ...weight, dimensions: [17] }], data: 64 }, 'FORMAT_TRUNCATED'],
  [
    'an offset of 2^64 − 32',
    { tensors: [{ ...weight, offset: 2n ** 64n - 32n }], data: 64 },
    'FORMAT_MALFORMED',
  ],
  [
    'dimensions whose product overflows',
    { tensors: [{ ...weight, dimensions: [2n ** 33n, 2n ** 33n] }], data: 64 },
    'FORMAT_MALFORMED',
  ],
  [
    'a dimension of 2^63',
    { tensors: [{ ...weight, dimensions: [2n ** 63n] }], data: 64 },
    'FORMAT_MALFORMED',
  ],
  [
    'nine dimensions',
    { tensors: [{ ...weight, dimensions: new Array(9).fill(1) }], data: 64 },
    'FORMAT_LIMIT',
  ],
  [
    'rows of no whole blocks',
    { tensors: [{ ...weight, dimensions: [33], type: 2 }], data: 64 },
    'FORMAT_MALFORMED',
  ],
  [
    'an unknown type behind the end',
    { tensors: [{ ...weight, type: 99, offset: 96 }], data: 64 },
    'FORMAT_TRUNCATED',
  ],
])('%s', async (_, file, code) => {
  await expect(openGguf(inputOf(aFile(file)))).rejects.toMatchObject({
    code,
    message: expect.stringMatching(/^made\.gguf, byte \d+: GGUF: /),
  })
})

test.each([0, 24, 3, 2 ** 31, 2 ** 30])('an alignment of %i', async alignment => {
  const entry = anEntry('uint32', out => out.number('uint32', alignment), 'general.alignment')
  await expect(openGguf(inputOf(aFile({ entries: [entry] })))).rejects.toMatchObject({
    code: 'FORMAT_MALFORMED',
  })
})

test('an alignment of another type', async () => {
  const entry = anEntry('uint64', out => out.number('uint64', 32), 'general.alignment')
  await expect(openGguf(inputOf(aFile({ entries: [entry] })))).rejects.toMatchObject({
    code: 'FORMAT_MALFORMED',
  })
})

test('names that are no UTF-8', async () => {
  const bytes = aFile({ tensors: [weight], data: 32 })
  bytes[Buffer.from(bytes).indexOf('weight')] = 0xff
  await expect(openGguf(inputOf(bytes))).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
})

/** Arrays within an array, `depth` of them, the innermost of numbers. */
function nested(depth: number): GgufEntry {
  return anEntry('array', out => {
    for (let i = 0; i < depth; i++) {
      out.number('uint32', numberOfType('array'))
      out.number('uint64', 1)
    }
    out.number('uint32', numberOfType('uint8'))
    out.number('uint64', 0)
  })
}

test.each([
  [MAX_ARRAY_DEPTH - 1, true],
  [MAX_ARRAY_DEPTH, false],
  [100_000, false],
])('arrays %i deep', async (depth, fine) => {
  const opened = openGguf(inputOf(aFile({ entries: [nested(depth)] })))
  if (fine) expect((await opened).file.metadata).toHaveLength(1)
  else await expect(opened).rejects.toMatchObject({ code: 'FORMAT_LIMIT' })
})

test('a million empty arrays in an array', async () => {
  const entry = anArray('array', 1_000_000, out => out.bytes(new Uint8Array(12_000_000)))
  await expect(openGguf(inputOf(aFile({ entries: [entry] })))).rejects.toMatchObject({ code: 'FORMAT_LIMIT' })
})

test('a long string is cut, with a note, and what follows is read', async () => {
  const long = 'x'.repeat(MAX_STRING_BYTES + 10)
  const entries = [
    anEntry('string', out => out.text(long), 'tokenizer.chat_template'),
    anEntry('string', out => out.text('after'), 'after'),
  ]
  const model = await openGguf(inputOf(aFile({ entries })))
  expect(model.file.metadata[1]).toEqual({ key: 'after', value: 'after' })
  expect(model.file.notes![0]).toContain(`has ${long.length} bytes`)
  expect(ggufTemplates(model)).toMatchObject([{ cut: true, text: 'x'.repeat(MAX_STRING_BYTES) }])
})

test('strings beyond what is kept of one file', async () => {
  const long = 'x'.repeat(MAX_STRING_BYTES)
  const entries = Array.from({ length: 40 }, (_, i) => anEntry('string', out => out.text(long), `key ${i}`))
  await expect(openGguf(inputOf(aFile({ entries })))).rejects.toMatchObject({ code: 'FORMAT_LIMIT' })
})

test('a vocabulary whose strings cross the windows of reading', async () => {
  const words = Array.from({ length: 30_000 }, (_, i) => 'word'.repeat(i % 7) + i)
  const entry = anArray('string', words.length, out => words.forEach(word => void out.text(word)))
  const model = await openGguf(inputOf(aFile({ entries: [entry], tensors: [weight], data: 32 })))
  expect(model.file.metadata[0]!.value).toMatch(/^30000 strings: "0",/)
  expect(model.file.tensors).toHaveLength(1)
})

test('a name like a property of objects is a name', async () => {
  const entries = [anEntry('uint8', out => out.number('uint8', 7), '__proto__')]
  const tensors = [{ ...weight, name: '__proto__' }]
  const { file } = await openGguf(inputOf(aFile({ entries, tensors, data: 32 })))
  expect([file.metadata[0], file.tensors[0]!.name]).toEqual([{ key: '__proto__', value: '7' }, '__proto__'])
})

test('a template under any key is found', async () => {
  const entries = [anEntry('string', out => out.text('{{ cycler.__init__ }}'), 'general.description')]
  const model = await openGguf(inputOf(aFile({ entries })))
  expect(ggufTemplates(model)).toMatchObject([{ key: 'general.description' }])
})

test('a type that is not known is described, and its bytes can be read', async () => {
  const tensors = [
    { ...weight, type: 99 },
    { ...weight, name: 'b', type: 4, offset: 32 },
  ]
  const model = await openGguf(inputOf(aFile({ tensors, data: 96 })))
  expect(model.file.tensors.map(({ dtype, bytes }) => [dtype, bytes])).toEqual([
    ['unknown', 32],
    ['unknown', 64],
  ])
  expect(model.file.notes).toEqual([
    "the tensor 'weight' has ggml's type 99, which is not known here",
    "the tensor 'b' has ggml's Q4_2, which is not known here",
  ])
  let length = 0
  for await (const piece of model.readTensor('b')) length += piece.byteLength
  expect(length).toBe(64)
})

test('bytes that belong to no tensor are noted', async () => {
  const { file } = await openGguf(inputOf(aFile({ tensors: [{ ...weight, offset: 64 }], data: 1096 })))
  expect(file.notes).toEqual(['1064 bytes between and behind the tensors belong to none'])
})

describe('split models', () => {
  const part = (position: number, count: number, tensors: readonly GgufInfo[], total?: number): Uint8Array =>
    aFile({
      entries: [
        anEntry('uint16', out => out.number('uint16', position), 'split.no'),
        anEntry('uint16', out => out.number('uint16', count), 'split.count'),
        ...(total === undefined
          ? []
          : [anEntry('int32', out => out.number('int32', total), 'split.tensors.count')]),
      ],
      tensors,
      data: 32,
    })
  const first = 'm-00001-of-00002.gguf'
  const second = 'm-00002-of-00002.gguf'
  const other = { ...weight, name: 'other' }

  test.each([
    ['a part is missing', part(0, 2, [weight]), {}, first],
    ['a part is the wrong one', part(0, 2, [weight]), { [second]: part(0, 2, [other]) }, first],
    ['a part is of another split', part(0, 2, [weight]), { [second]: part(1, 3, [other]) }, first],
    ['two parts share a tensor', part(0, 2, [weight]), { [second]: part(1, 2, [weight]) }, first],
    ['tensors are missing', part(0, 2, [weight], 3), { [second]: part(1, 2, [other]) }, first],
    ['the name does not say which part', part(0, 2, [weight]), {}, 'm.gguf'],
    ['the name counts differently', part(0, 2, [weight]), {}, 'm-00001-of-00003.gguf'],
    ['the name is of another part', part(0, 2, [weight]), { [first]: part(0, 2, [other]) }, second],
  ])('%s', async (_, bytes, others, path) => {
    await expect(openGguf(inputOf(bytes, others, path))).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
  })

  test('a part out of the folder is not named by a file', async () => {
    const parts = part(0, 65_535, [weight])
    await expect(openGguf(inputOf(parts, {}, '../m-00001-of-65535.gguf'))).rejects.toMatchObject({
      code: 'FORMAT_LIMIT',
    })
  })
})

const fixture = (name: string): Uint8Array =>
  readFileSync(new URL(`../../fixtures/gguf/${name}`, import.meta.url))

/** Opens and reads everything: fine, or a typed error. */
async function readAll(bytes: Uint8Array): Promise<void> {
  try {
    const model = await openGguf(inputOf(bytes))
    for (const { name } of model.file.tensors) for await (const piece of model.readTensor(name)) void piece
  } catch (error) {
    if (!(error instanceof BallastError)) throw error
  }
}

test('a file that ends anywhere is told to be truncated', async () => {
  const whole = fixture('big-endian.gguf')
  // The last 16 bytes are padding.
  for (let size = 0; size < whole.length - 16; size++) {
    await expect(openGguf(inputOf(whole.subarray(0, size)))).rejects.toMatchObject({
      code: 'FORMAT_TRUNCATED',
    })
  }
})

test.each(['types.gguf', 'big-endian.gguf'])(
  '%s with any bytes changed gives typed errors alone',
  async name => {
    const whole = fixture(name)
    let state = 12_345
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    for (let run = 0; run < 400; run++) {
      const mutated = new Uint8Array(whole)
      // Most of it in the header.
      for (let i = 0; i <= random(4); i++) mutated[random(2 ** (7 + random(5)))] = random(256)
      await readAll(mutated)
    }
  },
)
