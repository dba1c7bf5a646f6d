import { describe, expect, test } from 'vitest'
import { sourceOf } from '../../core/index.ts'
import { memoryTree } from '../tree/memory.ts'
import { MAX_COUNTED_BYTES, openCsvData } from './data.ts'

const open = (text: string) => {
  const bytes = Buffer.from(text)
  return openCsvData({
    source: sourceOf(bytes, 'd.csv'),
    path: 'd.csv',
    storedSize: bytes.length,
    wrapper: [],
    tree: memoryTree(new Map()),
  })
}
const columns = async (text: string) =>
  Object.fromEntries((await open(text)).file.tensors.map(({ name, dtype }) => [name, dtype]))

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

test('columns have the kind of all their cells', async () => {
  expect(
    await columns(
      'i,f,e,b,s,n,big,neg\n1,2.5,,true,x,nan,9223372036854775808,-9223372036854775808\n-7,1,3,False,1,1e3,1,4\n',
    ),
  ).toEqual({
    i: 'int64',
    f: 'float64',
    e: 'float64',
    b: 'bool',
    s: 'string',
    n: 'float64',
    big: 'float64',
    neg: 'int64',
  })
})

test.each([
  ['1\n\n', 'int64'],
  ['"1"\n""\n', 'float64'],
  ['""\n1\n', 'float64'],
  ['true\n1\n', 'string'],
  ['true\n""\n', 'string'],
  ['""\n', 'string'],
  ['0x10\n', 'string'],
  ['1_000\n', 'string'],
  ['.\n', 'string'],
  ['1e99999\n', 'string'],
  ['-inf\n', 'float64'],
])('%j is %s', async (cells, kind) => {
  expect((await open(`c\n${cells}`)).file.tensors[0]!.dtype).toBe(kind)
})

test('columns without a name are numbered, as pandas writes its index', async () => {
  const model = await open(',a|b,\n0,1.5,x\n1,2,y\n')
  expect(model.file.tensors.map(({ name, dtype }) => [name, dtype])).toEqual([
    ['Unnamed: 0', 'int64'],
    ['a|b', 'float64'],
    ['Unnamed: 2', 'string'],
  ])
  await expect(open(',Unnamed: 0\n1,2\n')).rejects.toMatchObject({ code: 'CSV_INVALID' })
})

test('a bar parts cells where it stands most often', async () => {
  expect(await columns('a|b\n1|"x,y"\n')).toEqual({ a: 'int64', b: 'string' })
})

test('a table of many columns is parsed once for all of them', async () => {
  const names = Array.from({ length: 300 }, (_, i) => `c${i}`)
  const bytes = Buffer.from(
    `${names}\n${names.map((_, i) => i)}\n${names.map((_, i) => (i === 1 ? 'x' : -i))}\n`,
  )
  const source = sourceOf(bytes, 'd.csv')
  let reads = 0
  const counting = {
    ...source,
    read(at: number, length: number) {
      reads++
      return source.read(at, length)
    },
  }
  const tree = memoryTree(new Map())
  const model = await openCsvData({
    source: counting,
    path: 'd.csv',
    storedSize: bytes.length,
    wrapper: [],
    tree,
  })
  const before = reads
  const columns = await Promise.all(
    names.map((name, i) => (i === 1 ? undefined : bytesOf(model.readTensor(name)))),
  )
  expect(columns[299]).toEqual(Buffer.from(BigInt64Array.of(299n, -299n).buffer))
  expect(columns[0]).toEqual(Buffer.from(BigInt64Array.of(0n, 0n).buffer))
  expect(reads - before).toBeLessThan(10)
})

test('each is read by its name', async () => {
  const model = await open('i;f;b;s\n1;2.5;TRUE;a\n-2;;false;"b;c"\n')
  expect(model.file).toMatchObject({
    format: 'csv',
    parameters: 0,
    metadata: [{ key: 'delimiter', value: ';' }],
  })
  expect(model.file.tensors[0]).toEqual({
    name: 'i',
    dtype: 'int64',
    shape: [2],
    elements: 2,
    bytes: 16,
    stored: ['text'],
    role: 'data',
  })
  const ints = await bytesOf(model.readTensor('i'))
  expect([ints.readBigInt64LE(0), ints.readBigInt64LE(8)]).toEqual([1n, -2n])
  const floats = await bytesOf(model.readTensor('f'))
  expect([floats.readDoubleLE(0), floats.readDoubleLE(8)]).toEqual([2.5, Number.NaN])
  expect([...(await bytesOf(model.readTensor('b')))]).toEqual([1, 0])
  const texts = []
  for await (const text of model.readText!('s')) texts.push(text)
  expect(texts).toEqual(['a', 'b;c'])
  await expect(bytesOf(model.readTensor('s'))).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
  await expect(bytesOf(model.readTensor('x'))).rejects.toMatchObject({ code: 'TENSOR_MISSING' })
})

describe('a file too large to count', () => {
  const count = Math.ceil(MAX_COUNTED_BYTES / 1000)
  const rows = `1,${'text'.repeat(250)}\n`.repeat(count)
  test('shows its columns, and is read all the same', async () => {
    const model = await open(`x,y\n${rows}`)
    expect(model.file.tensors).toEqual([])
    expect(model.file.metadata[1]).toEqual({
      key: 'columns',
      value: '[{"name":"x","kind":"int64"},{"name":"y","kind":"string"}]',
    })
    let size = 0
    for await (const piece of model.readTensor('x')) size += piece.byteLength
    expect(size).toBe(8 * count)
  })

  test('tells the line where a later cell is of another kind', async () => {
    const model = await open(`x,y\n${rows}no,1\n`)
    await expect(bytesOf(model.readTensor('x'))).rejects.toMatchObject({
      code: 'CSV_INVALID',
      message: /^d\.csv:\d+: expected int64, found 'no'$/,
    })
  })
})
