import { describe, expect, test } from 'vitest'
import { digestOf, memoryInput, readAll } from '../../../test/fixtures/model-input.ts'
import { zipOf } from '../../../test/hostile/formats/zip-bytes.ts'
import { openPt2, openPytorch, openPytorchLegacy, openTorchscript } from './index.ts'

/** A pickle, assembled from its opcodes. */
const global = (module: string, name: string) => `c${module}\n${name}\n`
const text = (value: string) => `X${bytes4(Buffer.byteLength(value))}${Buffer.from(value).toString('latin1')}`
const tuple = (...items: string[]) => `(${items.join('')}t`
const list = (...items: string[]) => `](${items.join('')}e`
const dict = (...entries: string[]) => `}(${entries.join('')}u`
const call = (callee: string, ...args: string[]) => `${callee}${tuple(...args)}R`

function bytes4(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes.toString('latin1')
}

function int(value: number | bigint): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(value))
  return `\x8a\x08${bytes.toString('latin1')}`
}

const pickle = (body: string) => Buffer.from(`\x80\x02${body}.`, 'latin1')
const entry = (name: string, data: Uint8Array | string) => ({ name, data: Buffer.from(data) })

interface Stated {
  readonly type?: string
  readonly key?: string
  readonly elements?: number
}

const storage = ({ type = 'FloatStorage', key = '0', elements = 4 }: Stated = {}) =>
  `${tuple(text('storage'), global('torch', type), text(key), text('cpu'), int(elements))}Q`

const ORDERED = call(global('collections', 'OrderedDict'))

function tensor(
  shape: readonly (number | bigint)[],
  strides: readonly (number | bigint)[],
  offset: number | bigint = 0,
  stated: Stated = {},
): string {
  const [sizes, steps] = [shape, strides].map(values => tuple(...values.map(int)))
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    storage(stated),
    int(offset),
    sizes!,
    steps!,
    '\x89',
    ORDERED,
  )
}

/** An archive of torch.save with one storage of 16 bytes. */
const archive = (root: string, more: readonly { name: string; data: Uint8Array }[] = []) =>
  zipOf([entry('m/data.pkl', pickle(root)), entry('m/data/0', new Uint8Array(16)), ...more])
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

describe('exported programs', () => {
  const program = (graph: unknown, more: object = {}) =>
    JSON.stringify({ graph_module: { graph, signature: { input_specs: [], output_specs: [] } }, ...more })
  const meta = { dtype: 7, sizes: [{ as_int: 4 }], strides: [{ as_int: 1 }], storage_offset: { as_int: 0 } }
  const exported = (json: string, weights: unknown = {}) =>
    zipOf([
      entry('m/archive_format', 'pt2'),
      entry('m/models/model.json', json),
      entry('m/data/weights/model_weights_config.json', JSON.stringify({ config: weights })),
      entry('m/data/weights/weight_0', new Uint8Array(16)),
    ])
  const weight = (change: object = {}, entryChange: object = {}) => ({
    w: {
      path_name: 'weight_0',
      is_param: true,
      use_pickle: false,
      tensor_meta: { ...meta, ...change },
      ...entryChange,
    },
  })
  const empty = program({ nodes: [] })
  const nested = (depth: number): unknown => {
    let graph: unknown = { nodes: [] }
    for (let i = 0; i < depth; i++)
      graph = {
        nodes: [
          { target: 'cond', inputs: [{ name: '', arg: { as_graph: { name: 'g', graph } } }], outputs: [] },
        ],
      }
    return graph
  }

  test('an honest one is read', async () => {
    const model = await openPt2(memoryInput(exported(empty, weight()), 'm.pt2'))
    expect(await digestOf(model, 'w')).toMatchObject({ bytes: 16 })
  })

  test.each<[string, Uint8Array, string, RegExp]>([
    ['no program', zipOf([entry('archive_format', 'pt2')]), 'FORMAT_UNSUPPORTED', /no program/],
    ['no JSON', exported('{'), 'FORMAT_MALFORMED', /expected a key/],
    ['no graph', exported('{}'), 'FORMAT_MALFORMED', /no graph/],
    ['a node without a target', exported(program({ nodes: [{}] })), 'FORMAT_MALFORMED', /target/],
    ['a key twice', exported('{"graph_module":1,"graph_module":2}'), 'FORMAT_MALFORMED', /twice/],
    ['graphs in graphs', exported(program(nested(40))), 'FORMAT_LIMIT', /nested/],
    ['graphs in graphs in graphs', exported(program(nested(400))), 'FORMAT_LIMIT', /nested/],
    [
      'a weight that climbs out',
      exported(empty, weight({}, { path_name: '../../archive_format' })),
      'FORMAT_MALFORMED',
      /not there/,
    ],
    ['a weight without a path', exported(empty, { w: {} }), 'FORMAT_MALFORMED', /no path/],
    [
      'a weight that is too long',
      exported(empty, weight({ sizes: [{ as_int: 5 }] })),
      'FORMAT_TRUNCATED',
      /20 bytes, and has 16/,
    ],
    [
      'a symbolic weight',
      exported(empty, weight({ sizes: [{ as_expr: { expr_str: 's0' } }] })),
      'FORMAT_MALFORMED',
      /sizes/,
    ],
    [
      'a weight with an overflow',
      exported(empty, weight({ sizes: [{ as_int: 2 ** 52 }], strides: [{ as_int: 2 ** 52 }] })),
      'FORMAT_TRUNCATED',
      /bytes/,
    ],
    ['more strides than sizes', exported(empty, weight({ strides: [] })), 'FORMAT_MALFORMED', /strides/],
  ])('%s', async (_, bytes, code, message) => {
    await expect(openPt2(memoryInput(bytes, 'm.pt2'))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test('a weight that is a file of torch.save, as tensor subclasses are', async () => {
    const saved = archive(tensor([4], [1]))
    const bytes = zipOf([
      entry('m/archive_format', 'pt2'),
      entry('m/models/model.json', empty),
      entry(
        'm/data/weights/model_weights_config.json',
        JSON.stringify({ config: weight({}, { use_pickle: true, tensor_meta: null }) }),
      ),
      entry('m/data/weights/weight_0', saved),
    ])
    const model = await openPt2(memoryInput(bytes, 'm.pt2'))
    expect(model.file.tensors).toMatchObject([{ name: 'w', shape: [4], role: 'parameter' }])
    expect(await digestOf(model, 'w')).toMatchObject({ bytes: 16 })
  })

  test('attributes named as prototypes are plain JSON', async () => {
    const node = JSON.parse(
      '{"target":"torch.ops.a.b","inputs":[{"name":"__proto__","arg":{"as_int":1}}],"outputs":[]}',
    )
    const { file } = await openPt2(memoryInput(exported(program({ nodes: [node] })), 'm.pt2'))
    expect(JSON.stringify(file.graph?.nodes[0])).toContain('"attributes":{"__proto__":1}')
  })
})

describe('TorchScript', () => {
  const script = (code: string) =>
    zipOf([
      entry('m/data.pkl', pickle(`${global('__torch__', 'M')})\x81}b`)),
      entry('m/code/__torch__.py', code),
    ])
  test.each([
    [
      'a signature without an end',
      `class M(Module):\n  def forward(self: M,\n${'    x: Tensor,\n'.repeat(5000)}`,
    ],
    ['brackets without an end', `class M(Module):\n  def forward(self: M, x: ${'List['.repeat(100_000)}`],
    [
      'spaces without an end',
      `class M(Module):\n  def forward(self: M, x:${' '.repeat(1_000_000)}y) -> ${'->'.repeat(100_000)}:`,
    ],
    [
      'a megabyte of one word',
      `class M(Module):\n  def forward(self: M) -> Tensor:\n    ${'torch.'.repeat(200_000)}`,
    ],
    ['no classes', 'import os\nos.system("id")\n'],
  ])('%s is read in a moment', async (_, code) => {
    const { file } = await openTorchscript(memoryInput(script(code), 'm.pt'))
    expect(file).toMatchObject({ format: 'torchscript', what: 'M' })
    await readAll(openTorchscript, memoryInput(script(code), 'm.pt'))
  })
})
