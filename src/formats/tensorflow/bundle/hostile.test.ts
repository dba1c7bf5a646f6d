import { readFileSync } from 'node:fs'
import { join as path } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mutated, seeded } from '../../../../test/fixtures/tensorflow/mutate.ts'
import {
  block,
  entry,
  header,
  int,
  join,
  message,
  type Row,
  table,
  varint,
} from '../../../../test/fixtures/tensorflow/table-bytes.ts'
import { FOLDER, inputOf, readAll } from '../../../../test/fixtures/tensorflow/world.ts'
import { openCheckpoint } from '../checkpoint.ts'
import { crc32c, masked } from './crc32c.ts'
import { sliceKey } from './slice-key.ts'

const DATA = Buffer.from(Float32Array.of(1.5, -2).buffer)
const CRC = masked(crc32c(DATA))
const honest = entry({ shape: [2], size: 8, crc: CRC })

const open = async (index: Uint8Array, data: Uint8Array = DATA, shards = 1) => {
  const files = new Map([['c.index', index]])
  for (let i = 0; i < shards; i++) files.set(`c.data-0000${i}-of-0000${shards}`, data)
  return openCheckpoint(await inputOf(files, 'c.index'))
}
const withRows = (...rows: Row[]) =>
  table({ blocks: [{ content: block([{ key: '', value: header() }, ...rows]) }] })

async function readFloats(index: Uint8Array, data?: Uint8Array): Promise<number[]> {
  const model = await open(index, data)
  const pieces: Uint8Array[] = []
  for await (const piece of model.readTensor('w')) pieces.push(piece)
  return Array.from(new Float32Array(Uint8Array.from(Buffer.concat(pieces)).buffer))
}

test('an honest checkpoint', async () => {
  expect(await readFloats(withRows({ key: 'w', value: honest }))).toEqual([1.5, -2])
})

test('blocks compressed with snappy', async () => {
  const content = block([
    { key: '', value: header() },
    { key: 'w', value: honest },
  ])
  const literal = join(varint(content.length), Uint8Array.of(61 << 2, content.length - 1, 0), content)
  expect(await readFloats(table({ blocks: [{ content: literal, compression: 1 }] }))).toEqual([1.5, -2])
})

test('a checkpoint of a big-endian machine', async () => {
  const data = Buffer.from(DATA).swap32()
  const value = entry({ shape: [2], size: 8, crc: masked(crc32c(data)) })
  const rows = [
    { key: '', value: header(1, 1) },
    { key: 'w', value },
  ]
  const index = table({ blocks: [{ content: block(rows) }] })
  expect(await readFloats(index, data)).toEqual([1.5, -2])
  expect((await open(index, data)).file.tensors[0]?.stored).toEqual(['big-endian'])
})

test('parts cut along two axes', async () => {
  const whole = Float32Array.from({ length: 24 }, (_, i) => i)
  const boxes = [
    [0, 2, 0, 2],
    [0, 2, 2, 4],
    [2, 2, 0, 6],
  ] as const
  let data = Buffer.alloc(0)
  const rows: Row[] = []
  const slices = boxes.map(([row, rowCount, column, columnCount]) => {
    const part = Float32Array.from({ length: rowCount * columnCount }, (_, i) => {
      return whole[(row + Math.floor(i / columnCount)) * 6 + column + (i % columnCount)]!
    })
    const content = Buffer.from(part.buffer)
    const slice = [
      { start: row, length: rowCount },
      { start: column, length: columnCount },
    ]
    rows.push({
      key: Buffer.from(sliceKey('w', slice), 'latin1'),
      value: entry({
        shape: [rowCount, columnCount],
        offset: data.length,
        size: content.length,
        crc: masked(crc32c(content)),
      }),
    })
    data = Buffer.concat([data, content])
    return message(7, ...slice.map(({ start, length }) => message(1, int(1, start), int(2, length))))
  })
  rows.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
  const index = (given: Uint8Array[]) =>
    withRows(...rows, { key: 'w', value: entry({ shape: [4, 6], rest: given }) })
  expect(await readFloats(index(slices), data)).toEqual(Array.from(whole))
  await expect(open(index(slices.slice(1)), data)).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
  await expect(open(index([...slices.slice(1), slices[1]!]), data)).rejects.toMatchObject({
    code: 'FORMAT_MALFORMED',
  })
})

test('the keys of parts are those of TensorFlow', () => {
  const slice = [
    { start: 0, length: 2 },
    { start: 64, length: -1 },
  ]
  // 0, the name and its end, the rank (a byte), 0, 2, 64 (two bytes), −1.
  const expected = ['00', Buffer.from('net/w').toString('hex'), '0001', '0102', '80', '82', 'c040', '7f']
  expect(Buffer.from(sliceKey('net/w', slice), 'latin1').toString('hex')).toBe(expected.join(''))
})

test('every truncation of an index is refused', async () => {
  const whole = readFileSync(path(FOLDER, 'shards/ckpt.index'))
  for (let length = 0; length < whole.length; length++)
    await expect(open(whole.subarray(0, length), DATA, 2)).rejects.toMatchObject({
      code: expect.stringMatching(/^FORMAT_(TRUNCATED|MALFORMED)$/),
    })
})

describe('lies in a table', () => {
  const content = block([
    { key: '', value: header() },
    { key: 'w', value: honest },
  ])
  test.each<[string, Uint8Array, string, RegExp]>([
    [
      'a wrong checksum',
      table({ blocks: [{ content, wrong: 1 }] }),
      'FORMAT_MALFORMED',
      /checksum of a block/,
    ],
    [
      'an unknown compression',
      table({ blocks: [{ content, compression: 4 }] }),
      'FORMAT_UNSUPPORTED',
      /method 4/,
    ],
    ['snappy that is none', table({ blocks: [{ content, compression: 1 }] }), 'FORMAT_MALFORMED', /snappy/],
    [
      'a block beyond the file',
      table({ blocks: [{ content }], handles: [[0, 2 ** 40]] }),
      'FORMAT_MALFORMED',
      /out of the file/,
    ],
    [
      'a block of 2^53 bytes',
      table({ blocks: [{ content }], handles: [[0, 2 ** 53]] }),
      'FORMAT_MALFORMED',
      /out of the file/,
    ],
    [
      'a block twice',
      table({
        blocks: [{ content }],
        handles: [
          [0, content.length],
          [0, content.length],
        ],
      }),
      'FORMAT_MALFORMED',
      /out of order/,
    ],
    [
      'more restart points than bytes',
      table({ blocks: [{ content: Uint8Array.of(255, 255, 255, 255) }] }),
      'FORMAT_MALFORMED',
      /restart/,
    ],
    ['no block', table({ blocks: [] }), 'FORMAT_MALFORMED', /without even a header/],
    [
      'no header',
      table({ blocks: [{ content: block([{ key: 'w', value: honest }]) }] }),
      'FORMAT_MALFORMED',
      /no header/,
    ],
    [
      'a key twice',
      withRows({ key: 'w', value: honest }, { key: 'w', value: honest }),
      'FORMAT_MALFORMED',
      /not behind/,
    ],
    [
      'keys out of order',
      withRows({ key: 'w', value: honest }, { key: 'a', value: honest }),
      'FORMAT_MALFORMED',
      /not behind/,
    ],
    [
      'more of the last key than it has',
      table({
        blocks: [
          {
            content: block(
              [
                { key: '', value: header() },
                { key: 'wwww', value: honest },
              ],
              [0, 3],
            ),
          },
        ],
      }),
      'FORMAT_MALFORMED',
      /reaches out/,
    ],
  ])('%s', async (_, index, code, why) => {
    await expect(open(index)).rejects.toMatchObject({ code, message: expect.stringMatching(why) })
  })

  test('keys that grow by prefix compression beyond any memory', async () => {
    const rows: Row[] = [{ key: '', value: header() }]
    const shared = [0]
    const long = 'k'.repeat(16_000)
    for (let i = 0; i < 20_000; i++) {
      rows.push({ key: long + String(i).padStart(6, '0'), value: new Uint8Array(0) })
      shared.push(i === 0 ? 0 : 16_000)
    }
    await expect(open(table({ blocks: [{ content: block(rows, shared) }] }))).rejects.toMatchObject({
      code: 'FORMAT_LIMIT',
    })
  })
})

describe('lies about a tensor', () => {
  test.each<[string, Uint8Array, string, RegExp]>([
    ['bytes beyond the data', entry({ shape: [2], offset: 4, size: 8 }), 'FORMAT_TRUNCATED', /which has 8/],
    ['an offset of 2^63', entry({ shape: [2], offset: -1n, size: 8 }), 'FORMAT_MALFORMED', /offset/],
    ['another size than its shape', entry({ shape: [3], size: 8 }), 'FORMAT_MALFORMED', /takes 12 bytes/],
    [
      'a shape beyond any file',
      entry({ shape: [2 ** 40, 2 ** 40], size: 8 }),
      'FORMAT_MALFORMED',
      /beyond any file/,
    ],
    [
      'a free size',
      join(entry({ size: 8 }), message(2, message(2, int(1, -1n)))),
      'FORMAT_MALFORMED',
      /not known/,
    ],
    [
      'a data file that is not there',
      entry({ shape: [2], shard: 7, size: 8 }),
      'FORMAT_MALFORMED',
      /data file 7 of 1/,
    ],
    ['a thousand dimensions', entry({ shape: Array(1000).fill(1), size: 4 }), 'FORMAT_LIMIT', /dimensions/],
    [
      'a part that is missing',
      entry({ shape: [2], rest: [message(7, message(1))] }),
      'FORMAT_MALFORMED',
      /not in the index/,
    ],
  ])('%s', async (_, value, code, why) => {
    await expect(open(withRows({ key: 'w', value }))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(why),
    })
  })

  test('a wrong checksum is told when the tensor is read', async () => {
    const index = withRows({ key: 'w', value: entry({ shape: [2], size: 8, crc: CRC ^ 1 }) })
    await expect(readFloats(index)).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
  })

  test.each([
    ['lengths that are cut off', Uint8Array.of(0x80, 0x80, 0x80), 3],
    ['a length beyond the tensor', Uint8Array.of(100, 0, 0, 0, 0, 65), 1],
    ['a wrong checksum of lengths', Uint8Array.of(1, 0, 0, 0, 0, 65), 1],
    ['more texts than bytes', Uint8Array.of(1), 2 ** 40],
  ])('text: %s', async (_, data, elements) => {
    const model = open(
      withRows({ key: 'w', value: entry({ dtype: 7, shape: [elements], size: data.length }) }),
      data,
    )
    const read = async () => {
      for await (const _text of (await model).readText!('w'));
    }
    await expect(read()).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
  })

  test('a name that is not there', async () => {
    const model = await open(withRows({ key: 'w', value: honest }))
    await expect(model.readTensor('v').next()).rejects.toMatchObject({ code: 'TENSOR_MISSING' })
    await expect(model.readText!('w').next()).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
  })
})

test('an index with any bytes changed, and checksums that agree, is read or refused', async () => {
  const content = block([
    { key: '', value: header() },
    { key: 'a', value: honest },
    { key: 'b', value: entry({ dtype: 7, shape: [1], size: 6 }) },
    {
      key: 'c',
      value: entry({ dtype: 3, shape: [2], size: 8, rest: [message(7, message(1, int(1, 0), int(2, 2)))] }),
    },
  ])
  const random = seeded(3)
  for (let run = 0; run < 500; run++) {
    try {
      const model = await open(table({ blocks: [{ content: mutated(content, random) }] }))
      await readAll(model)
    } catch (error) {
      expect(error).toMatchObject({ name: expect.stringMatching(/^(FormatsError|CoreError)$/) })
    }
  }
})
