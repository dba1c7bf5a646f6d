import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { BallastError, sourceOf } from '../../core/index.ts'
import { memoryTree } from '../tree/memory.ts'
import { readDelta } from './encodings/delta.ts'
import { readHybrid } from './encodings/rle.ts'
import { unsnappy } from './encodings/snappy.ts'
import { openParquetData } from './open.ts'

const FOLDER = 'test/fixtures/parquet'
const EXPECTED = JSON.parse(readFileSync(`${FOLDER}/expected.json`, 'utf8')) as {
  readonly files: Record<string, { readonly rows: number }>
  readonly tensors: Record<string, { readonly shape: number[]; readonly sha256: string }>
  readonly texts: Record<string, string>
}
const FILES = Object.keys(EXPECTED.files)
const fixture = (name: string) => new Uint8Array(readFileSync(`${FOLDER}/${name}`))
const open = (bytes: Uint8Array) =>
  openParquetData({
    source: sourceOf(bytes, 'd.parquet'),
    path: 'd.parquet',
    storedSize: bytes.byteLength,
    wrapper: [],
    tree: memoryTree(new Map()),
  })
async function digest(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}
async function lines(texts: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const text of texts) all.push(text)
  return all
}

describe.each(FILES)('%s', name => {
  test('every column has the values that pyarrow has', async () => {
    const model = await open(fixture(name))
    for (const [column, { shape, sha256 }] of Object.entries(EXPECTED.tensors)) {
      const info = model.file.tensors.find(tensor => tensor.name === column)
      expect(info, column).toMatchObject({ shape })
      expect(await digest(model.readTensor(column)), column).toBe(sha256)
    }
    for (const [column, sha256] of Object.entries(EXPECTED.texts)) {
      const found = (await lines(model.readText!(column))).join('\n')
      expect(createHash('sha256').update(found).digest('hex'), column).toBe(sha256)
    }
    expect((await lines(model.readText!('raw'))).slice(0, 3)).toEqual(['', 'AQ==', 'AgI='])
  })

  test('what can not be read says why', async () => {
    const model = await open(fixture(name))
    for (const [column, message] of [
      ['holes', /'holes' has nulls, and int32/],
      ['ragged', /lists of different lengths/],
      ['word', /is text/],
    ] as const)
      await expect(digest(model.readTensor(column))).rejects.toMatchObject({
        code: 'FORMAT_UNSUPPORTED',
        message,
      })
    await expect(digest(model.readTensor('i23'))).rejects.toMatchObject({ code: 'TENSOR_MISSING' })
    await expect(lines(model.readText!('i32'))).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
  })
})

test('a description', async () => {
  const { file } = await open(fixture('zstd.parquet'))
  expect(file).toMatchObject({
    format: 'parquet',
    parameters: 0,
    producer: expect.stringMatching(/^parquet-cpp-arrow/),
  })
  expect(file.metadata.slice(0, 3)).toEqual([
    { key: 'rows', value: '170' },
    { key: 'row groups', value: '2' },
    { key: 'compression', value: 'zstd' },
  ])
  expect(
    Object.fromEntries(
      file.tensors.map(({ name, dtype, stored }) => [name, [dtype, ...(stored ?? [])].join(' ')]),
    ),
  ).toEqual({
    i8: 'int8',
    u8: 'uint8',
    i16: 'int16',
    u16: 'uint16',
    i32: 'int32',
    u32: 'uint32',
    i64: 'int64',
    u64: 'uint64',
    f16: 'float16',
    f32: 'float32',
    f64: 'float64',
    few: 'int64',
    flag: 'bool',
    steps: 'int64',
    word: 'string',
    numbered: 'string',
    raw: 'object bytes',
    gaps: 'float64',
    holes: 'int32',
    when: 'datetime64 timestamp-us',
    list: 'float32',
    ragged: 'object',
    'pair.x': 'int32',
    'pair.y': 'string',
    uuid: 'opaque',
  })
  expect(file.notes).toEqual([expect.stringMatching(/^'ragged' is not read/)])
})

describe('refused', () => {
  const whole = fixture('zstd.parquet')
  const end = new DataView(whole.buffer).getUint32(whole.length - 8, true)

  test('at every truncation', async () => {
    for (let length = 0; length < whole.length; length += length < 100 ? 1 : 53)
      await expect(open(whole.subarray(0, length))).rejects.toMatchObject({
        code: expect.stringMatching(/^FORMAT_(TRUNCATED|MALFORMED|LIMIT)$/),
      })
  })

  test.each([
    ['metadata larger than the file', 0x02000000, 'FORMAT_MALFORMED'],
    ['metadata larger than any', 0xffffffff, 'FORMAT_LIMIT'],
    ['no metadata', 0, 'FORMAT_MALFORMED'],
    ['metadata that begins within', end - 5, 'FORMAT_MALFORMED'],
  ])('%s', async (_, length, code) => {
    const bytes = Uint8Array.from(whole)
    new DataView(bytes.buffer).setUint32(bytes.length - 8, length, true)
    await expect(open(bytes)).rejects.toMatchObject({ code })
  })

  test.each([
    ['structures without end', Buffer.alloc(100_000, 0x1c)],
    ['lists in lists', Buffer.alloc(100_000, 0x19)],
    ['a number without end', Buffer.concat([Buffer.from([0x16]), Buffer.alloc(1_000_000, 0x80)])],
    ['a list of billions', Buffer.from([0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['a text of billions', Buffer.from([0x68, 0xff, 0xff, 0xff, 0xff, 0x0f])],
  ])('%s', async (_, footer) => {
    const tail = Buffer.alloc(8, 'PAR1PAR1')
    tail.writeUInt32LE(footer.length)
    await expect(open(Buffer.concat([Buffer.from('PAR1'), footer, tail]))).rejects.toMatchObject({
      code: expect.stringMatching(/^FORMAT_(MALFORMED|LIMIT)$/),
    })
  })
})

test.each(FILES)('%s, mutilated at random: only typed errors', async name => {
  const good = fixture(name)
  const random = seeded(good.length)
  for (let turn = 0; turn < 40; turn++) {
    const bytes = Uint8Array.from(good)
    for (let change = 0; change < 1 + (turn % 6); change++) {
      // Every other change hits the metadata.
      const from = change % 2 === 0 ? 0 : bytes.length - 6000
      bytes[from + Math.floor(random() * (bytes.length - from))] = Math.floor(random() * 256)
    }
    try {
      const model = await open(bytes)
      for (const { name: column, dtype } of model.file.tensors) {
        const text = dtype === 'string' || dtype === 'object'
        const read: AsyncIterable<unknown> = text ? model.readText!(column) : model.readTensor(column)
        try {
          for await (const _ of read);
        } catch (error) {
          expect(error).toBeInstanceOf(BallastError)
        }
      }
    } catch (error) {
      expect(error).toBeInstanceOf(BallastError)
    }
  }
})

describe('encodings', () => {
  test.each([
    ['a run', [6, 5], 3, [5, 5, 5]],
    ['a packed group', [3, 0x88, 0xc6, 0xfa], 3, [0, 1, 2, 3, 4, 5, 6, 7]],
    ['a run that goes on', [200, 1, 1], 3, [1, 1, 1]],
    ['a run that breaks off', [2], 3, undefined],
    ['too few', [2, 1], 3, undefined],
    ['a header without end', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], 3, undefined],
    ['empty runs', [0, 0, 0, 6, 5], 3, [5, 5, 5]],
  ])('%s', (_, bytes, count, values) => {
    const found = readHybrid(Uint8Array.from(bytes), 3, values?.length ?? count)
    expect(found && [...found]).toEqual(values)
  })

  test.each([
    ['1, 2, 3, 4, 5', [0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0], [1n, 2n, 3n, 4n, 5n]],
    ['one value', [0x80, 1, 4, 1, 3], [-2n]],
    ['none', [0x80, 1, 4, 0, 0], []],
    ['no miniblocks', [0x80, 1, 0, 5, 2], undefined],
    ['a block of billions', [0xff, 0xff, 0xff, 0xff, 0x0f, 4, 5, 2], undefined],
    ['widths above 64', [0x80, 1, 4, 5, 2, 2, 200, 0, 0, 0], undefined],
    ['more than are asked for', [0x80, 1, 4, 6, 2, 2, 0, 0, 0, 0], undefined],
    ['nothing', [], undefined],
  ])('differences: %s', (_, bytes, values) => {
    const found = readDelta(Uint8Array.from(bytes), 0, 5)
    expect(found && [...found.values]).toEqual(values)
  })

  test.each([
    ['a literal and a match that overlaps', [6, 4, 0x61, 0x62, 0x01, 0x02], 'ababab'],
    ['a match before the start', [5, 0, 0x61, 0x01, 0x02], undefined],
    ['a size that differs', [7, 4, 0x61, 0x62, 0x01, 0x02], undefined],
    ['a literal of billions', [6, 0xfc, 0xff, 0xff, 0xff, 0xff], undefined],
    ['nothing', [], undefined],
  ])('snappy: %s', (_, bytes, text) => {
    const found = unsnappy(Uint8Array.from(bytes), 6) ?? undefined
    expect(found && Buffer.from(found).toString()).toEqual(text)
  })
})

/** A generator of numbers below 1 (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}
