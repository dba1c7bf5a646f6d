import { describe, expect, test } from 'vitest'
import { floats, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import type { Tensor } from '../../core/index.ts'
import type { OnnxModel, OnnxNode, OnnxTensorType } from '../../formats/index.ts'
import { compilePreprocess, type ModelConfig, type PreprocessStep, toPrediction } from '../../model/index.ts'
import { withSteps } from './with-steps.ts'

const generic: ModelConfig = { name: 'm', task: 'generic', labels: [], preprocess: [] }

function aModel(input: OnnxTensorType, nodes?: readonly OnnxNode[], opset = 13): OnnxModel {
  const same = [{ op: 'Identity', inputs: [input.name], outputs: ['y'] }]
  return {
    irVersion: 8,
    opsets: [{ domain: '', version: opset }],
    graph: {
      name: 'g',
      nodes: nodes ?? same,
      inputs: [input],
      outputs: [{ ...input, name: 'y' }],
    },
  }
}

/** An image of noise and of smooth parts. */
function anImage(width: number, height: number, channels = 3): Tensor {
  let seed = width * 7919 + height
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return i % 5 === 0 ? seed >>> 24 : Math.floor(127 + 120 * Math.sin(i / 97))
  })
  return { dtype: 'uint8', shape: [height, width, channels], data }
}

const decode: PreprocessStep = { kind: 'decode', what: 'image' }
const SIZES = [
  [64, 48],
  [33, 70],
  [50, 50],
] as const

/** Steps, and by how much a value between 0 and 255 may differ. */
const cases: readonly (readonly [string, readonly PreprocessStep[], number])[] = [
  ['nothing but pixels', [decode], 0],
  ['gray', [decode, { kind: 'grayscale' }], 0],
  ['inverted', [decode, { kind: 'invert' }], 0],
  ['blue first', [decode, { kind: 'channels', order: 'bgr' }], 0],
  ['the middle', [decode, { kind: 'crop', width: 21, height: 30 }], 0],
  ['a box', [decode, { kind: 'crop', width: 20, height: 30, x: 3, y: 7 }], 0],
  ['a square', [decode, { kind: 'pad', to: 'square', fill: [9, 8, 7], align: 'center' }], 0],
  [
    'multiples',
    [decode, { kind: 'grayscale' }, { kind: 'pad', to: { multiple: 32 }, fill: [9, 8, 7], align: 'start' }],
    0,
  ],
  ['a size', [decode, { kind: 'pad', to: { width: 99, height: 80 }, fill: [3], align: 'center' }], 0],
  ...(['fill', 'cover', 'contain', 'letterbox'] as const).flatMap(fit =>
    (
      [
        ['pillow', 'bilinear', 1],
        ['pillow', 'nearest', 0],
        ['opencv', 'nearest', 0],
        ['tensorflow', 'nearest', 0],
        ['torch', 'nearest', 0],
      ] as const
    ).map(
      ([like, filter, within]) =>
        [
          `${fit} like ${like}, ${filter}`,
          [decode, { kind: 'resize', width: 40, height: 30, fit, like, filter }],
          within,
        ] as const,
    ),
  ),
  ...(
    [
      ['pillow', 'bicubic', undefined, 1],
      ['torch', 'bilinear', true, 1],
      ['torch', 'bicubic', true, 1],
      ['torch', 'bilinear', false, 1],
      ['opencv', 'bilinear', undefined, 1],
      ['tensorflow', 'bilinear', false, 0.02],
      ['tensorflow', 'bilinear', true, 0.02],
      ['tensorflow', 'bicubic', true, 0.02],
    ] as const
  ).map(
    ([like, filter, antialias, within]) =>
      [
        `the shorter side like ${like}, ${filter}, ${antialias}`,
        [
          decode,
          {
            kind: 'resize',
            shortest: 29,
            like,
            filter,
            ...(antialias !== undefined && { antialias }),
          },
        ],
        within,
      ] as const,
  ),
]

describe('the steps as nodes make what the interpreter makes', () => {
  test.each(cases)('%s', async (_, preprocess, within) => {
    const gray = preprocess.some(({ kind }) => kind === 'grayscale')
    const model = aModel({ name: 'x', dtype: 'float32', shape: ['N', gray ? 1 : 3, null, null] })
    const { model: made, input } = withSteps(model, { ...generic, preprocess })
    expect(input).toBe('pixels')
    for (const [width, height] of SIZES) {
      const image = anImage(width, height)
      const expected = compilePreprocess(preprocess).fromArray(image)
      const found = await runOnnx(made, { pixels: { ...image, shape: [1, ...image.shape] } })
      expect(found['y']!.shape).toEqual(expected.shape)
      expect(largest(found['y']!, expected)).toBeLessThanOrEqual(within)
    }
  })

  test.each([
    ['nchw', [1, 3, 20, 30]],
    ['nhwc', [1, 20, 30, 3]],
    ['hw', [1, 20, 30]],
  ] as const)('%s, scaled and normalized, in an input of one example', async (order, [, ...shape]) => {
    const channels = order === 'hw' ? 1 : 3
    const preprocess: readonly PreprocessStep[] = [
      decode,
      ...(order === 'hw' ? [{ kind: 'grayscale' } as const] : []),
      { kind: 'resize', width: 30, height: 20, fit: 'fill', filter: 'nearest' },
      { kind: 'scale', factor: 1 / 255 },
      {
        kind: 'normalize',
        mean: [0.485, 0.456, 0.406].slice(0, channels),
        std: [0.229, 0.224, 0.225].slice(0, channels),
      },
      { kind: 'layout', order },
    ]
    const image = anImage(45, 37)
    const { model } = withSteps(aModel({ name: 'x', dtype: 'float32', shape }), { ...generic, preprocess })
    const found = await runOnnx(model, { pixels: { ...image, shape: [1, ...image.shape] } })
    const expected = compilePreprocess(preprocess).fromArray(image)
    expect(found['y']!.shape).toEqual(shape)
    expect(largest(found['y']!, expected)).toBeLessThan(2e-6)
  })

  test('several images of one size', async () => {
    const preprocess = [decode, { kind: 'resize', width: 8, height: 8, fit: 'cover' }] as const
    const model = aModel({ name: 'x', dtype: 'float16', shape: ['N', 3, 8, 8] })
    const { model: made } = withSteps(model, { ...generic, preprocess })
    const [noise, plain] = [anImage(20, 30), new Uint8Array(20 * 30 * 3).fill(200)]
    const data = Uint8Array.from([...noise.data, ...plain], Number)
    const found = await runOnnx(made, { pixels: { dtype: 'uint8', shape: [2, 30, 20, 3], data } })
    expect(found['y']!.shape).toEqual([2, 3, 8, 8])
    const values = new Float16Array(Uint16Array.from(found['y']!.data, Number).buffer)
    expect(new Set(values.slice(3 * 64))).toEqual(new Set([200]))
    const alone = floats([1, 3, 8, 8], values.slice(0, 3 * 64))
    expect(largest(alone, compilePreprocess(preprocess).fromArray(noise))).toBeLessThanOrEqual(1)
  })

  test('features', async () => {
    const preprocess = [
      { kind: 'scale', factor: 0.5 },
      { kind: 'normalize', mean: [1, 2, 3], std: [2, 4, 8] },
    ] as const
    const model = aModel({ name: 'x', dtype: 'float32', shape: ['N', 3] })
    const { model: made, input } = withSteps(model, { ...generic, preprocess })
    const features = floats([3], [5, -6, 70])
    const found = await runOnnx(made, { [input!]: { ...features, shape: [1, 3] } })
    expect(largest(found['y']!, compilePreprocess(preprocess).fromArray(features))).toBeLessThan(1e-6)
  })
})

const rows = [
  [2, -1, 0.5],
  [0.2, 0.7, 0.1],
  [0.4, 0.4, 0.2],
  [30, 30, -800],
]
const config: ModelConfig = {
  ...generic,
  task: 'classification',
  labels: ['a', 'b', 'c'],
}

describe('the answer as nodes is the one that Ballast gives', () => {
  test.each<[string, ModelConfig['answer']]>([
    ['guessed', {}],
    ['softmax', { scores: 'softmax', topK: 2 }],
    ['sigmoid', { scores: 'sigmoid' }],
    ['none', { scores: 'none' }],
    ['many', { classes: 'many', scores: 'sigmoid', threshold: 0.6 }],
  ])('%s', async (_, answer) => {
    const rules = { ...config, answer: answer! }
    const { model, outputs } = withSteps(aModel({ name: 'x', dtype: 'float32', shape: ['N', 3] }), rules)
    expect(outputs).toContain('top_labels')
    const found = await runOnnx(model, { x: floats([rows.length, 3], rows.flat()) })
    for (const [i, row] of rows.entries()) {
      const told = toPrediction(floats([1, 3], row), rules)
      if (told.kind === 'class') {
        expect(found['label']!.data[i]).toBe(told.label)
        expect(Number(found['class']!.data[i])).toBe(told.index)
      }
      if (told.kind !== 'class' && told.kind !== 'classes') throw new Error(`Unexpected ${told.kind}`)
      const k = told.top.length
      expect([...found['top_labels']!.data].slice(i * k, i * k + k)).toEqual(
        told.top.map(({ label }) => label),
      )
      for (const [place, { score }] of told.top.entries())
        expect(Number(found['top_scores']!.data[i * k + place])).toBeCloseTo(score, 6)
      if (told.kind === 'classes')
        expect([...found['chosen']!.data].slice(i * 3, i * 3 + 3).filter(Boolean)).toHaveLength(
          told.classes.length,
        )
    }
  })

  test('of one value, with a threshold', async () => {
    const rules = { ...config, labels: ['no', 'yes'], answer: { threshold: 0.7 } }
    const { model } = withSteps(aModel({ name: 'x', dtype: 'float64', shape: ['N', 1] }), rules)
    const values = [0.3, 0.71, -2, 5]
    const found = await runOnnx(model, {
      x: { dtype: 'float64', shape: [4, 1], data: Float64Array.from(values) },
    })
    for (const [i, value] of values.entries()) {
      const told = toPrediction(floats([1, 1], [value]), rules)
      expect(told).toMatchObject({ kind: 'class', label: found['label']!.data[i] })
    }
  })

  test('of a class that the model names', async () => {
    const named = aModel({ name: 'x', dtype: 'int64', shape: ['N'] })
    const one = {
      ...named,
      graph: { ...named.graph, outputs: [{ name: 'y', dtype: 'int64', shape: ['N', 1] }] },
    }
    const nodes = [{ op: 'Unsqueeze', inputs: ['x', 'axes'], outputs: ['y'] }]
    const initializers = [
      { name: 'axes', dtype: 'int64', shape: [1], data: new Uint8Array(BigInt64Array.of(1n).buffer) },
    ] as const
    const graph = { ...one.graph, nodes, initializers } as OnnxModel['graph']
    const { model } = withSteps({ ...one, graph }, config)
    const found = await runOnnx(model, { x: { dtype: 'int64', shape: [2], data: BigInt64Array.of(2n, 0n) } })
    expect(found['label']!.data).toEqual(['c', 'a'])
  })
})

test('what has no nodes is told', () => {
  const image = aModel({ name: 'x', dtype: 'float32', shape: ['N', 3, null, null] })
  const lanczos = [decode, { kind: 'resize', width: 8, height: 8, fit: 'fill', filter: 'lanczos' }] as const
  for (const [model, rules, message] of [
    [image, { ...generic, preprocess: lanczos }, 'lanczos like pillow'],
    [image, generic, 'no steps'],
    [image, { ...generic, columns: [] }, 'Columns'],
    [
      aModel({ name: 'x', dtype: 'float32', shape: ['N', 5] }),
      { ...generic, preprocess: [decode] },
      '2 axes',
    ],
    [
      aModel({ name: 'x', dtype: 'int32', shape: ['N', 3, null, null] }),
      { ...generic, preprocess: [decode, { kind: 'scale', factor: 0.5 }] },
      'fractions',
    ],
  ] as const)
    expect(() => withSteps(model, rules as ModelConfig)).toThrow(message)
})

test('an image that is smaller than its crop fails, as it does before the graph', async () => {
  const preprocess = [decode, { kind: 'crop', width: 30, height: 30 }] as const
  const model = aModel({ name: 'x', dtype: 'float32', shape: ['N', 3, null, null] })
  const { model: made } = withSteps(model, { ...generic, preprocess })
  const image = anImage(20, 40)
  await expect(runOnnx(made, { pixels: { ...image, shape: [1, 40, 20, 3] } })).rejects.toThrow('Reshape')
})

function largest(a: Tensor, b: Tensor): number {
  expect(a.data.length).toBe(b.data.length)
  let most = 0
  for (let i = 0; i < a.data.length; i++)
    most = Math.max(most, Math.abs(Number(a.data[i]) - Number(b.data[i])))
  return most
}
