import { describe, expect, test } from 'vitest'
import { digestOf, memoryInput, readAll } from '../../../../test/fixtures/model-input.ts'
import { archive, entry, global, pickle, tensor } from '../../../../test/hostile/formats/torch-bytes.ts'
import { zipOf } from '../../../../test/hostile/formats/zip-bytes.ts'
import { openPt2, openTorchscript } from '../index.ts'

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
