import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { memoryInput } from '../../../test/fixtures/model-input.ts'
import { relativeError, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import { entry } from '../../../test/hostile/formats/torch-bytes.ts'
import { zipOf } from '../../../test/hostile/formats/zip-bytes.ts'
import { sourceOf, type Tensor } from '../../core/index.ts'
import { type OpenedModel, openNpz, openZip } from '../../formats/index.ts'
import { openPt2 } from '../../formats/pytorch/index.ts'
import { converterOf } from '../choose.ts'
import type { Conversion } from '../types.ts'
import { convertTorch } from './index.ts'

const FIXTURES = new URL('../../../test/fixtures/convert/pytorch/', import.meta.url)
const CASES = [
  'unary',
  'positive',
  'parameters',
  'binary',
  'promotion',
  'masked',
  'reduce',
  'order',
  'shape',
  'join',
  'index',
  'create',
  'pad',
  'products',
  'attention',
  'linear',
  'linear-3d',
  'conv1d',
  'conv2d',
  'conv3d',
  'conv-transpose',
  'pools',
  'norms',
  'rms-norm',
  'prelu',
  'upsample',
  'embedding',
  'residual',
  'encoder',
  'mlp',
  'in-place',
]

let arrays: ReadonlyMap<string, Tensor>
let programs: ReadonlyMap<string, Uint8Array>
beforeAll(async () => {
  const npz = await openNpz(sourceOf(await readFile(new URL('expected.npz', FIXTURES)), 'expected.npz'))
  arrays = new Map(
    await Promise.all(npz.names.map(async name => [name, await (await npz.array(name)).read()] as const)),
  )
  const zip = await openZip(sourceOf(await readFile(new URL('programs.zip', FIXTURES)), 'programs.zip'))
  programs = new Map(
    await Promise.all(
      zip.entries.map(async ({ name }) => {
        const source = await zip.open(name)
        return [name.replace('.pt2.gz', ''), gunzipSync(await source.read(0, source.size))] as const
      }),
    ),
  )
})

async function converted(bytes: Uint8Array): Promise<Conversion> {
  const input = memoryInput(bytes, 'program.pt2')
  const model = { ...(await openPt2(input)), input } as unknown as OpenedModel
  return convertTorch(model, {})
}

const listed = (name: string, kind: 'in' | 'out'): readonly Tensor[] =>
  Array.from({ length: 100 }, (_, i) => arrays.get(`${name}/${kind}${i}`)).filter(
    tensor => tensor !== undefined,
  )

test('every case of the fixture is tried', () => {
  expect([...programs.keys()].toSorted()).toEqual(CASES.toSorted())
})

describe('what torch answers', () => {
  test.each(CASES)('%s', async name => {
    const { model } = await converted(programs.get(name)!)
    const { inputs, outputs } = model.graph
    const given = listed(name, 'in')
    expect(inputs.length).toBe(given.length)
    const results = await runOnnx(
      model,
      Object.fromEntries(inputs.map((input, i) => [input.name, given[i]!])),
    )
    const expected = listed(name, 'out')
    expect(outputs.length).toBe(expected.length)
    const wrong = outputs.flatMap((output, i) => {
      const [actual, wanted] = [results[output.name]!, expected[i]!]
      const error = relativeError(actual, wanted)
      return actual.dtype === wanted.dtype && error < 1e-4
        ? []
        : [
            `${i} ${output.name}: ${actual.dtype} [${actual.shape}] for ${wanted.dtype} [${wanted.shape}], ${error}`,
          ]
    })
    expect(wrong).toEqual([])
  })
})

/** A program of these nodes over `x` float32 [s0, 4], with a weight `w` [4], which it may call by another name. */
function aProgram(nodes: readonly object[], outputs: readonly string[], parameter = 'w'): Uint8Array {
  const meta = (sizes: readonly unknown[]) => ({
    dtype: 7,
    sizes,
    strides: sizes.map(() => ({ as_int: 1 })),
    storage_offset: { as_int: 0 },
  })
  const free = { as_expr: { expr_str: "Symbol('s0', positive=True, integer=True)" } }
  const graph = {
    inputs: [{ as_tensor: { name: 'p_w' } }, { as_tensor: { name: 'x' } }],
    outputs: outputs.map(name => ({ as_tensor: { name } })),
    nodes,
    tensor_values: { x: meta([free, { as_int: 4 }]), p_w: meta([{ as_int: 4 }]) },
  }
  const signature = {
    input_specs: [
      { parameter: { arg: { name: 'p_w' }, parameter_name: parameter } },
      { user_input: { arg: { as_tensor: { name: 'x' } } } },
    ],
    output_specs: outputs.map(name => ({ user_output: { arg: { as_tensor: { name } } } })),
  }
  const weight = {
    path_name: 'weight_0',
    is_param: true,
    use_pickle: false,
    tensor_meta: meta([{ as_int: 4 }]),
  }
  return zipOf([
    entry('m/archive_format', 'pt2'),
    entry('m/models/model.json', JSON.stringify({ graph_module: { graph, signature } })),
    entry('m/data/weights/model_weights_config.json', JSON.stringify({ config: { w: weight } })),
    entry('m/data/weights/weight_0', new Uint8Array(16)),
  ])
}

const node = (target: string, args: Readonly<Record<string, object>>, ...outputs: readonly string[]) => ({
  target: `torch.ops.aten.${target}`,
  inputs: Object.entries(args).map(([name, arg]) => ({ name, arg })),
  outputs: outputs.map(name => ({ as_tensor: { name } })),
})
const tensor = (name: string) => ({ as_tensor: { name } })

describe('what can not be converted', () => {
  test('is told all at once, and what depends on it is not told again', async () => {
    const bytes = aProgram(
      [
        node('fft_fft.default', { self: tensor('x') }, 'a'),
        node('relu.default', { self: tensor('a') }, 'b'),
        node('fft_fft.default', { self: tensor('b') }, 'c'),
        node('round.decimals', { self: tensor('x'), decimals: { as_int: 2 } }, 'd'),
        node('add.Tensor', { self: tensor('c'), other: tensor('d') }, 'y'),
      ],
      ['y'],
    )
    await expect(converted(bytes)).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      message:
        "program.pt2 can't be converted: aten.fft_fft.default ×2 (a, c); aten.round.decimals (d): decimals=2",
    })
  })

  test('and what nobody needs is not looked at', async () => {
    const bytes = aProgram(
      [node('fft_fft.default', { self: tensor('x') }, 'a'), node('relu.default', { self: tensor('x') }, 'y')],
      ['y'],
    )
    expect((await converted(bytes)).model.graph.nodes.map(({ op }) => op)).toEqual(['Relu'])
  })
})

test.each<[string, readonly object[], string, RegExp]>([
  [
    'an argument that is not there',
    [node('add.Tensor', { self: tensor('x') }, 'y')],
    'CONVERT_INVALID',
    /needs a tensor as 'other'/,
  ],
  [
    'an argument of another kind',
    [node('softmax.int', { self: tensor('x'), dim: { as_string: 'a' } }, 'y')],
    'CONVERT_INVALID',
    /needs a number as 'dim'/,
  ],
  [
    'an axis that is none',
    [node('softmax.int', { self: tensor('x'), dim: { as_int: 7 } }, 'y')],
    'CONVERT_INVALID',
    /no axis 7 of 2/,
  ],
  ['an output that nothing makes', [], 'CONVERT_INVALID', /'y', which nothing in it makes/],
  [
    'shapes that do not fit',
    [node('view.default', { self: tensor('p_w'), size: { as_ints: [3] } }, 'y')],
    'CONVERT_INVALID',
    /./,
  ],
  [
    'as many pieces as there are numbers',
    [node('split.Tensor', { self: tensor('p_w'), split_size: { as_int: 0 } }, 'y')],
    'CONVERT_INVALID',
    /in parts of 0/,
  ],
  [
    'names of prototypes',
    [node('__proto__', { self: tensor('x') }, 'y')],
    'CONVERT_UNSUPPORTED',
    /__proto__/,
  ],
  [
    'the constructor of objects',
    [node('constructor', { self: tensor('x') }, 'y')],
    'CONVERT_UNSUPPORTED',
    /constructor/,
  ],
])('%s is a typed error', async (_, nodes, code, message) => {
  await expect(converted(aProgram(nodes, ['y']))).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  })
})

test('a tensor that the file has not', async () => {
  const program = aProgram([node('relu.default', { self: tensor('p_w') }, 'y')], ['y'], 'v')
  await expect(converted(program)).rejects.toMatchObject({
    code: 'CONVERT_INVALID',
    message: expect.stringContaining("The program takes 'v'"),
  })
})

test('a state dict has no graph: it is said how to export', async () => {
  await expect(converterOf('pytorch')).rejects.toMatchObject({
    code: 'CONVERT_FORMAT',
    hint: expect.stringContaining('pt2'),
  })
})
