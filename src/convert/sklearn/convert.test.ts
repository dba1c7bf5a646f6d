import { describe, expect, test } from 'vitest'
import { casesIn } from '../../../test/fixtures/convert/sklearn/cases.ts'
import { estimator, openPickled, type Pickled } from '../../../test/fixtures/convert/sklearn/pickled.ts'
import { floats, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import { openModel } from '../../formats/index.ts'
import type { Conversion } from '../types.ts'
import { convertEstimator } from './convert.ts'

async function converted(value: Pickled): Promise<Conversion> {
  return convertEstimator(await openPickled(value), {})
}

/** A fixture of test/fixtures/convert/sklearn. */
async function ofFixture(family: string, name: string): Promise<Conversion> {
  const folder = new URL(`../../../test/fixtures/convert/sklearn/${family}/1.9`, import.meta.url).pathname
  const found = (await casesIn(folder)).find(item => item.name === name)!
  const model = await openModel(found.file)
  const conversion = await convertEstimator(model, {})
  await model.close()
  return conversion
}

const aScaler = (attributes: Readonly<Record<string, Pickled>> = {}, version?: string): Pickled =>
  estimator(
    'preprocessing._data.StandardScaler',
    { with_mean: true, with_std: true, mean_: [1.5, 2], scale_: [2, 4], n_features_in_: 2, ...attributes },
    version,
  )

const aPipeline = (...steps: readonly (readonly [string, Pickled])[]): Pickled =>
  estimator('pipeline.Pipeline', { steps: steps.map(step => ({ tuple: step })) })

const told = ({ model }: Conversion): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...model.graph.inputs, ...model.graph.outputs].map(({ name, dtype, shape }) => [
      name,
      `${dtype} [${shape?.join(', ')}]`,
    ]),
  )

describe('inputs and outputs', () => {
  test('numbers are one matrix', async () => {
    expect(told(await ofFixture('preprocessing', 'standard'))).toEqual({
      input: 'float32 [N, 13]',
      transformed: 'float32 [N, 13]',
    })
  })

  test('columns that are chosen by name are inputs of their own, and those that nothing uses are none', async () => {
    expect(told(await ofFixture('preprocessing', 'columns'))).toEqual({
      alcohol: 'float32 [N, 1]',
      proline: 'float32 [N, 1]',
      hue: 'float32 [N, 1]',
      cellar: 'string [N, 1]',
      grade: 'string [N, 1]',
      bottles: 'int64 [N, 1]',
      year: 'int64 [N, 1]',
      organic: 'float32 [N, 1]',
      transformed: 'float32 [N, 13]',
    })
  })

  test.each([
    ['one-hot-mixed', { cellar: 'string [N, 1]', bottles: 'int64 [N, 1]', organic: 'bool [N, 1]' }],
    ['one-hot-array', { x0: 'string [N, 1]', x1: 'string [N, 1]' }],
    ['one-hot-ints', { input: 'int64 [N, 4]' }],
    ['columns-text', { text: 'string [N, 1]', length: 'float32 [N, 1]' }],
    ['columns-slices', { input: 'float32 [N, 4]' }],
    ['labels', { input: 'string [N]' }],
  ])('of %s', async (name, inputs) => {
    expect(told(await ofFixture('preprocessing', name))).toMatchObject(inputs)
  })

  test('texts are one input, and classes keep their names', async () => {
    expect(told(await ofFixture('text', 'classifier-logistic'))).toEqual({
      input: 'string [N]',
      label: 'string [N]',
      probabilities: 'float32 [N, 3]',
    })
  })

  test('an output makes room for a column of its name', async () => {
    const columns = estimator('compose._column_transformer.ColumnTransformer', {
      n_features_in_: 2,
      feature_names_in_: ['transformed', 'b'],
      transformers_: [{ tuple: ['scale', aScaler(), ['transformed', 'b']] }],
      _transformer_to_input_indices: { dict: [['scale', [0, 1]]] },
    })
    const conversion = await converted(columns)
    expect(told(conversion)).toEqual({
      transformed: 'float32 [N, 1]',
      b: 'float32 [N, 1]',
      transformed_1: 'float32 [N, 2]',
    })
    expect(conversion.notes).toEqual([
      "the output 'transformed' is called 'transformed_1', as an input has its name",
    ])
  })
})

test('nodes say whose work they do', async () => {
  const { mapping } = await converted(aPipeline(['scale', aScaler()], ['again', aScaler()]))
  expect(mapping.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    'steps.scale StandardScaler',
    'steps.again StandardScaler',
    'outputs Pipeline',
  ])
})

test('a batch of any size', async () => {
  const { model } = await converted(aScaler())
  for (const rows of [1, 3]) {
    const { transformed } = await runOnnx(model, { input: floats([rows, 2], new Array(2 * rows).fill(2)) })
    expect(Array.from(transformed!.data as Float32Array)).toEqual(new Array(rows).fill([0.25, 0]).flat())
  }
})

describe('what is in the file', () => {
  test('one estimator in a dictionary is the model, and that is said', async () => {
    const { notes } = await converted({
      dict: [
        ['accuracy', 0.9],
        ['model', aScaler()],
      ],
    })
    expect(notes).toEqual(["the model is the StandardScaler at ['model'] of the file"])
  })

  test.each<[string, Pickled, RegExp]>([
    [
      'two estimators',
      {
        dict: [
          ['scaler', aScaler()],
          ['model', aScaler()],
        ],
      },
      /StandardScaler at \['scaler'\], StandardScaler at \['model'\]/,
    ],
    ['a tuple of none', { tuple: [1, 'a'] }, /a tuple with no estimator/],
  ])('%s', async (_, value, message) => {
    await expect(converted(value)).rejects.toMatchObject({
      code: 'CONVERT_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test.each([
    [
      '0.24.2',
      ["scikit-learn 0.24.2 wrote it, and 1.0 to 1.9 are tested: hold its answers to the original's"],
    ],
    ['1.0', []],
    [
      '1.10.0',
      ["scikit-learn 1.10.0 wrote it, and 1.0 to 1.9 are tested: hold its answers to the original's"],
    ],
  ])('written by %s', async (version, notes) => {
    expect((await converted(aScaler({}, version))).notes).toEqual(notes)
  })
})

describe('what can’t be converted', () => {
  test('is told all at once, with where it is', async () => {
    const lambda = estimator('preprocessing._function_transformer.FunctionTransformer', {
      func: { name: 'shop.features.cleaned' },
      n_features_in_: 2,
    })
    const own = { of: 'shop.models.Model', attributes: { n_features_in_: 2 } }
    const union = estimator('pipeline.FeatureUnion', {
      transformer_list: [
        { tuple: ['words', estimator('feature_extraction.text.HashingVectorizer', {})] },
        { tuple: ['clean', lambda] },
        { tuple: ['scale', aScaler()] },
      ],
    })
    const error = await converted(aPipeline(['clean', lambda], ['all', union], ['model', own])).catch(
      reason => reason,
    )
    expect(error).toMatchObject({ code: 'CONVERT_UNSUPPORTED' })
    expect(error.details.unsupported).toEqual([
      {
        what: 'FunctionTransformer',
        why: 'func=shop.features.cleaned: a function is a program, and programs are not converted',
        hint: expect.stringContaining('log1p'),
        where: ['steps.clean', 'steps.all.transformer.clean'],
      },
      expect.objectContaining({ what: 'HashingVectorizer', where: ['steps.all.transformer.words'] }),
      expect.objectContaining({
        what: 'Model',
        why: 'shop.models is not known here',
        where: ['steps.model'],
      }),
    ])
  })

  test.each([
    [
      'a name of a known class in another package',
      { of: 'other.StandardScaler', attributes: { n_features_in_: 2 } },
    ],
    ['constructor', estimator('x.constructor', { n_features_in_: 2 })],
    ['__proto__', estimator('x.__proto__', { n_features_in_: 2 })],
  ])('%s', async (_, value) => {
    await expect(converted(value)).rejects.toMatchObject({ code: 'CONVERT_UNSUPPORTED' })
  })
})

describe('attributes that don’t fit', () => {
  test.each<[string, Readonly<Record<string, Pickled>>, RegExp]>([
    ['missing', { mean_: null }, /'mean_' is missing/],
    ['too few', { scale_: [1] }, /'scale_' has 1 elements/],
    ['texts', { scale_: ['a', 'b'] }, /'scale_' is 'a', and a number is expected/],
    ['no width', { n_features_in_: 'two' }, /'n_features_in_' is 'two'/],
    ['a huge width', { n_features_in_: 1e12 }, /'n_features_in_' is 1000000000000/],
    ['a function', { with_mean: { name: 'os.system' } }, /'with_mean' is os\.system, and a bool is expected/],
  ])('%s', async (_, attributes, message) => {
    await expect(converted(aScaler(attributes))).rejects.toMatchObject({
      code: 'CONVERT_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test('a pipeline within itself, as often as a pickle can say it', async () => {
    let inner = aPipeline(['scale', aScaler()])
    for (let depth = 0; depth < 20; depth++) inner = aPipeline(['a', inner])
    expect(told(await converted(inner))).toMatchObject({ input: 'float32 [N, 2]' })
  })
})
