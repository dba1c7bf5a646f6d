import { describe, expect, test } from 'vitest'
import { digestOf, memoryInput } from '../../../test/fixtures/model-input.ts'
import {
  archive,
  call,
  dict,
  entry,
  global,
  int,
  list,
  ORDERED,
  pickle,
  storage,
  tensor,
  text,
  tuple,
} from '../../../test/hostile/formats/torch-bytes.ts'
import { zipOf } from '../../../test/hostile/formats/zip-bytes.ts'
import { openPytorch, openPytorchLegacy } from './index.ts'

const open = (root: string) => openPytorch(memoryInput(archive(root), 'm.pt'))

test('an honest one is read', async () => {
  const model = await open(dict(text('w'), tensor([2, 2], [2, 1])))
  expect(model.file.tensors).toEqual([{ name: 'w', dtype: 'float32', shape: [2, 2], elements: 4, bytes: 16 }])
  expect(await digestOf(model, 'w')).toMatchObject({ bytes: 16 })
})

describe('tensors that lie', () => {
  const util = (name: string, ...args: string[]) => call(global('torch._utils', name), ...args)
  const affine = global('torch', 'per_channel_affine')
  const quantized = (scales: string, points: string, axis: number) =>
    util(
      '_rebuild_qtensor',
      storage({ type: 'QInt8Storage', elements: 16 }),
      int(0),
      tuple(int(4), int(4)),
      tuple(int(4), int(1)),
      tuple(affine, scales, points, int(axis)),
      '\x89',
      ORDERED,
    )
  test.each<[string, string, string, RegExp]>([
    ['a view beyond the storage', tensor([5], [1]), 'FORMAT_TRUNCATED', /touches bytes 0 to 20 of 16/],
    ['an offset beyond the storage', tensor([1], [1], 4), 'FORMAT_TRUNCATED', /touches/],
    ['a stride beyond the storage', tensor([2], [2n ** 52n]), 'FORMAT_TRUNCATED', /touches/],
    ['a stride beyond 2^53', tensor([2], [2n ** 60n]), 'FORMAT_MALFORMED', /arguments/],
    ['a negative stride', tensor([2], [-1], 1), 'FORMAT_MALFORMED', /arguments/],
    ['a negative offset', tensor([2], [1], -1), 'FORMAT_MALFORMED', /arguments/],
    ['fewer strides than sizes', tensor([2, 2], [1]), 'FORMAT_MALFORMED', /arguments/],
    [
      'sizes whose product overflows',
      tensor([2 ** 40, 2 ** 40], [0, 0]),
      'FORMAT_MALFORMED',
      /beyond any file/,
    ],
    ['terabytes out of one element', tensor([2 ** 42], [0]), 'FORMAT_LIMIT', /repeats/],
    ['a hundred axes', tensor(Array(100).fill(1), Array(100).fill(1)), 'FORMAT_MALFORMED', /arguments/],
    [
      'a storage that is longer than its entry',
      tensor([1], [1], 0, { elements: 5 }),
      'FORMAT_TRUNCATED',
      /20 bytes, and has 16/,
    ],
    ['a storage that is not there', tensor([1], [1], 0, { key: '7' }), 'FORMAT_MALFORMED', /not there/],
    [
      'a storage that climbs out',
      tensor([1], [1], 0, { key: '../data.pkl' }),
      'FORMAT_MALFORMED',
      /not there/,
    ],
    [
      'a storage of an unknown type',
      tensor([1], [1], 0, { type: 'ObjectStorage' }),
      'FORMAT_MALFORMED',
      /no storage/,
    ],
    [
      'a storage type of a prototype',
      tensor([1], [1], 0, { type: 'constructor' }),
      'FORMAT_MALFORMED',
      /no storage/,
    ],
    [
      'a storage that is a number',
      util('_rebuild_tensor', int(1), int(0), tuple(), tuple()),
      'FORMAT_MALFORMED',
      /arguments/,
    ],
    [
      'a parameter of nothing',
      util('_rebuild_parameter', 'N', '\x88', ORDERED),
      'FORMAT_MALFORMED',
      /arguments/,
    ],
    ['no arguments', util('_rebuild_sparse_tensor'), 'FORMAT_MALFORMED', /arguments/],
    [
      'a meta tensor without a type',
      util('_rebuild_meta_tensor_no_storage', 'N', tuple(), tuple(), '\x89'),
      'FORMAT_MALFORMED',
      /arguments/,
    ],
    [
      'scales for other channels',
      quantized(list('G@Y\0\0\0\0\0\0'), list(int(0)), 0),
      'FORMAT_MALFORMED',
      /contradicts/,
    ],
    ['an axis that is not there', quantized(list(), list(), 9), 'FORMAT_MALFORMED', /contradicts/],
  ])('%s', async (_, root, code, message) => {
    await expect(open(dict(text('w'), root))).rejects.toMatchObject({
      name: 'FormatsError',
      code,
      message: expect.stringMatching(message),
    })
  })

  test('parameters in parameters without end', async () => {
    let inner = tensor([1], [1])
    for (let depth = 0; depth < 200; depth++) inner = util('_rebuild_parameter', inner, '\x88', ORDERED)
    await expect(open(inner)).rejects.toMatchObject({ code: 'FORMAT_MALFORMED' })
  })
})

describe('objects', () => {
  test('names of prototypes are names', async () => {
    const model = await open(dict(text('__proto__'), tensor([4], [1]), text('constructor'), int(3)))
    expect(model.file.tensors).toMatchObject([{ name: '__proto__' }])
    expect(model.file.metadata).toEqual([{ key: 'constructor', value: '3' }])
  })

  test('a dictionary that holds itself ends', async () => {
    // } memoized as 0, then entered under its own key.
    const model = await open(`}q\0(${text('self')}h\0${text('w')}${tensor([4], [1])}u`)
    expect(model.file.tensors.map(({ name }) => name)).toEqual(['w'])
  })

  test('a key twice gives two names', async () => {
    const model = await open(dict(text('w'), tensor([4], [1]), text('w'), tensor([2], [1])))
    expect(model.file.tensors.map(({ name }) => name)).toEqual(['w', 'w#2'])
  })

  test('a thousand dictionaries in each other', async () => {
    let inner = tensor([4], [1])
    for (let depth = 0; depth < 1000; depth++) inner = dict(text('d'), inner)
    await expect(open(inner)).rejects.toMatchObject({ code: 'FORMAT_LIMIT', message: /nested/ })
  })

  test('a wide graph of shared lists is walked once', async () => {
    // Each list holds the one before it twice: 2^60 paths.
    let body = `]q\0(${tensor([4], [1])}e`
    for (let i = 1; i <= 60; i++)
      body += `0]q${String.fromCharCode(i)}(h${String.fromCharCode(i - 1)}h${String.fromCharCode(i - 1)}e`
    expect((await open(body)).file.tensors).toHaveLength(1)
  })

  test('a class that is called is named and not called', async () => {
    const { file } = await open(call(global('os', 'system'), text('id')))
    expect(file).toMatchObject({ what: 'system', tensors: [] })
  })
})

describe('archives', () => {
  const root = dict(text('w'), tensor([4], [1]))
  test.each<[string, Uint8Array, string, RegExp]>([
    ['no pickle', zipOf([entry('m/data/0', 'x')]), 'FORMAT_MALFORMED', /has no data.pkl/],
    [
      'a pickle too deep',
      zipOf([entry('a/b/data.pkl', pickle(root))]),
      'FORMAT_MALFORMED',
      /has no data.pkl/,
    ],
    [
      'an unknown byte order',
      archive(root, [entry('m/byteorder', 'middle')]),
      'FORMAT_MALFORMED',
      /'middle'/,
    ],
    [
      'a version of megabytes',
      archive(root, [entry('m/version', 'x'.repeat(10_000))]),
      'FORMAT_LIMIT',
      /limit/,
    ],
    ['an empty pickle', zipOf([entry('m/data.pkl', '')]), 'FORMAT_TRUNCATED', /pickle/],
    [
      'a pickle without an end',
      zipOf([{ name: 'm/data.pkl', data: Uint8Array.of(0x80, 2, 0x7d) }]),
      'FORMAT_TRUNCATED',
      /pickle/,
    ],
  ])('%s', async (_, bytes, code, message) => {
    await expect(openPytorch(memoryInput(bytes, 'm.pt'))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })
})

describe('the legacy format', () => {
  const MAGIC = '\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19'
  const SYSTEM = dict(text('little_endian'), '\x88')
  const view = `${tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), int(4), 'N')}Q`
  const OBJECT = call(global('torch._utils', '_rebuild_tensor'), view, int(0), tuple(int(4)), tuple(int(1)))
  const count = (elements: number) => Buffer.from(new BigInt64Array([BigInt(elements)]).buffer)
  const data = Buffer.concat([count(4), new Uint8Array(16)])
  const file = (parts: readonly string[], rest: Uint8Array = data) =>
    memoryInput(Buffer.concat([...parts.map(pickle), rest]), 'm.pt')

  test('an honest one is read', async () => {
    const input = file([MAGIC, int(1001), SYSTEM, OBJECT, list(text('0'))])
    expect((await openPytorchLegacy(input)).file.tensors).toMatchObject([{ name: 'tensor', shape: [4] }])
  })

  test.each<[string, ReturnType<typeof memoryInput>, string, RegExp]>([
    ['another number', file([int(1)]), 'FORMAT_MALFORMED', /magic/],
    ['another protocol', file([MAGIC, int(1002), SYSTEM]), 'FORMAT_UNSUPPORTED', /1001/],
    ['no object', file([MAGIC, int(1001), SYSTEM], new Uint8Array(0)), 'FORMAT_TRUNCATED', /the object/],
    ['no list of keys', file([MAGIC, int(1001), SYSTEM, OBJECT, 'N']), 'FORMAT_MALFORMED', /no list/],
    [
      'an unknown key',
      file([MAGIC, int(1001), SYSTEM, OBJECT, list(text('9'))]),
      'FORMAT_MALFORMED',
      /not those/,
    ],
    [
      'a key twice',
      file([MAGIC, int(1001), SYSTEM, OBJECT, list(text('0'), text('0'))]),
      'FORMAT_MALFORMED',
      /not those/,
    ],
    ['a missing key', file([MAGIC, int(1001), SYSTEM, OBJECT, list()]), 'FORMAT_MALFORMED', /not there/],
    [
      'another count',
      file([MAGIC, int(1001), SYSTEM, OBJECT, list(text('0'))], count(2 ** 40)),
      'FORMAT_MALFORMED',
      /1099511627776 elements/,
    ],
    [
      'too few bytes',
      file([MAGIC, int(1001), SYSTEM, OBJECT, list(text('0'))], count(4)),
      'FORMAT_TRUNCATED',
      /16 bytes/,
    ],
  ])('%s', async (_, input, code, message) => {
    await expect(openPytorchLegacy(input)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test('a tar file is refused with advice', async () => {
    const tar = Buffer.alloc(1024)
    tar.write('storages')
    tar.write('ustar', 257)
    await expect(openPytorchLegacy(memoryInput(tar, 'm.pt'))).rejects.toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      hint: /save it again/,
    })
  })
})
