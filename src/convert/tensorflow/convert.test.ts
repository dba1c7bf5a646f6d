import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { floats, relativeError, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import { sourceOf, type Tensor } from '../../core/index.ts'
import { openModel, openNpz } from '../../formats/index.ts'
import { convertTensorflow } from './index.ts'

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/convert/tensorflow')
/** Relative, of float32: TensorFlow and ONNX Runtime add up in different orders. */
const TOLERANCE = 1e-5

interface Case {
  readonly feeds: Record<string, Tensor>
  readonly answers: Record<string, Tensor>
}

/** What TensorFlow answers, by `MODEL SIGNATURE`. */
const cases = new Map<string, Case>()

beforeAll(async () => {
  for (const name of ['expected.npz', 'expected-v1.npz']) {
    const npz = await openNpz(sourceOf(await readFile(join(FIXTURES, name)), name))
    for (const key of npz.names) {
      const [model = '', signature = '', direction, ...tensor] = key.split(' ')
      const one = cases.get(`${model} ${signature}`) ?? { feeds: {}, answers: {} }
      cases.set(`${model} ${signature}`, one)
      one[direction === 'in' ? 'feeds' : 'answers'][tensor.join(' ')] = await (await npz.array(key)).read()
    }
  }
})

async function convert(path: string, signature?: string) {
  const model = await openModel(join(FIXTURES, path))
  try {
    const converted = await convertTensorflow(model, signature ? { signature } : {})
    const ops = new Set(converted.model.graph.nodes.map(({ op }) => op))
    return {
      ...converted,
      ops,
      run: async (feeds: Record<string, Tensor>) => runOnnx(converted.model, feeds),
      close: () => model.close(),
    }
  } catch (cause) {
    await model.close()
    throw cause
  }
}

function expectSame(given: Record<string, Tensor>, answers: Record<string, Tensor>): void {
  expect(Object.keys(given).toSorted()).toEqual(Object.keys(answers).toSorted())
  for (const [name, answer] of Object.entries(answers)) {
    const actual = given[name]!
    expect(actual.dtype, name).toBe(answer.dtype)
    if (answer.dtype === 'float32') expect(relativeError(actual, answer), name).toBeLessThan(TOLERANCE)
    else
      expect([actual.shape, Array.from(actual.data as ArrayLike<unknown>)], name).toEqual([
        answer.shape,
        Array.from(answer.data as ArrayLike<unknown>),
      ])
  }
}

describe('answers as TensorFlow does', () => {
  test.each([
    'keras/convolution',
    'keras/recurrent',
    'keras/encoder',
    'keras/recommender',
    'keras2/lookup',
    'v1/convolution',
    'v1/resources',
    'v1/recurrence',
    'v1/nested',
    'v1/conditions',
    'v1/partitioned',
    'v1/tables',
  ])('%s', async path => {
    const { feeds, answers } = cases.get(`${path} serving_default`)!
    const { run, close } = await convert(path)
    expectSame(await run(feeds), answers)
    await close()
  })

  test.each(['linear', 'collatz', 'grow', 'nested', 'backwards', 'until', 'either', 'one_of'])(
    'the signature %s',
    async signature => {
      const { feeds, answers } = cases.get(`functions ${signature}`)!
      const { run, close } = await convert('functions', signature)
      expectSame(await run(feeds), answers)
      await close()
    },
  )

  test.each(['nested', 'one-of', 'backwards', 'collatz', 'recurrence'])('the frozen graph %s', async name => {
    const { feeds, answers } = cases.get(`frozen/${name}.pb `)!
    const { run, close } = await convert(`frozen/${name}.pb`)
    expectSame(await run(feeds), answers)
    await close()
  })

  test.each(['convolution-uint8', 'convolution-float16', 'recurrence-uint16', 'functions'])(
    'the TF.js model %s',
    async name => {
      type Told = Record<string, { shape: number[]; data: number[] }>
      const told = JSON.parse(await readFile(join(FIXTURES, 'expected-tfjs.json'), 'utf8'))[name]
      const tensors = (given: Told) =>
        Object.fromEntries(Object.entries(given).map(([key, { shape, data }]) => [key, floats(shape, data)]))
      const { run, close } = await convert(`tfjs/${name}`)
      expectSame(await run(tensors(told.given)), tensors(told.answers))
      await close()
    },
  )
})

describe('what a conversion is like', () => {
  test('an output that has the name of an input gets another one, and it is said', async () => {
    const { feeds, answers } = cases.get('functions tables')!
    const { run, notes, close } = await convert('functions', 'tables')
    const { i, s, m } = answers
    expectSame(await run(feeds), { i_output: i!, s_output: s!, m: m! })
    expect(notes).toEqual([
      "the output 'i' is called 'i_output': an input has its name",
      "the output 's' is called 's_output': an input has its name",
    ])
    await close()
  })

  test('the batch stays free, and inputs and outputs keep their names', async () => {
    const { model, close } = await convert('keras/encoder')
    const { inputs, outputs } = model.graph
    expect(inputs).toEqual([
      { name: 'ids', dtype: 'int32', shape: ['N', 'ids_1'] },
      { name: 'mask', dtype: 'int32', shape: ['N', 'mask_1'] },
    ])
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['output_0', ['N', null, 8]],
      ['output_1', ['N', 8]],
    ])
    await close()
  })

  test('recurrences of Keras are operators of ONNX, and other loops are loops', async () => {
    const { ops, close } = await convert('keras/recurrent')
    expect(['LSTM', 'GRU', 'RNN', 'Loop'].filter(op => ops.has(op))).toEqual(['LSTM', 'GRU', 'RNN', 'Loop'])
    await close()
  })

  test('nodes know the layers that they come from', async () => {
    const { mapping, close } = await convert('keras/convolution')
    expect(mapping.some(({ name, kind }) => name.includes('dense') && kind === 'MatMul')).toBe(true)
    await close()
  })

  test('a branch that only training takes is left out, and said', async () => {
    const { notes, ops, close } = await convert('v1/convolution')
    expect(notes).toEqual(["'is_training' always has its default: the model predicts"])
    expect(ops.has('If') || ops.has('ReduceMean')).toBe(false)
    await close()
  })

  test('of several signatures one must be named', async () => {
    await expect(convert('functions')).rejects.toMatchObject({
      code: 'CONVERT_INVALID',
      message: 'The model has 9 signatures, and none is called serving_default',
      hint: expect.stringContaining("'collatz', 'either'"),
    })
    await expect(convert('functions', 'nothing')).rejects.toMatchObject({
      code: 'CONVERT_INVALID',
      message: "The model has no signature 'nothing'",
    })
  })
})
