import { expect, test } from 'vitest'
import { floats, runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import type { OnnxAttribute, OnnxFunction, OnnxModel, OnnxNode } from '../../../formats/index.ts'
import { compared, constant, errorOf, opsOf } from '../passes/testing.ts'
import { inlineFunctions } from './inline.ts'

const OURS = 'ours'
const opset = { domain: '', version: 17 }
const ours = { domain: OURS, version: 1 }

const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): OnnxNode => ({ op, inputs, outputs, attributes })

const call = (...given: Parameters<typeof node>): OnnxNode => ({ ...node(...given), domain: OURS })

const aFunction = (given: Partial<OnnxFunction> & Pick<OnnxFunction, 'name' | 'nodes'>): OnnxFunction => ({
  domain: OURS,
  inputs: ['x'],
  outputs: ['y'],
  opsets: [opset, ours],
  ...given,
})

function aModel(nodes: readonly OnnxNode[], functions: readonly OnnxFunction[]): OnnxModel {
  return {
    irVersion: 8,
    opsets: [opset, ours],
    functions,
    graph: {
      name: 'g',
      nodes,
      inputs: [{ name: 'x', dtype: 'float32', shape: [2, 3] }],
      outputs: [{ name: 'y', dtype: 'float32' }],
      initializers: [constant('two', [], [2])],
    },
  }
}

const x = floats([2, 3], Float32Array.of(-2, -1, 0, 0.5, 1, 3))

/** Twice the leaky x, by a slope of its own: `inner` is a name of the graph too. */
const LEAKY = aFunction({
  name: 'Leaky',
  attributes: ['slope'],
  nodes: [
    node('LeakyRelu', ['x'], ['inner'], { alpha: { parameter: 'slope', type: 'float' } }),
    node('Add', ['inner', 'inner'], ['y']),
  ],
})

/** Both ways of an If, one of which calls another function; what it takes comes from around it. */
const CHOOSE = aFunction({
  name: 'Choose',
  inputs: ['x', 'condition'],
  attributes: ['slope'],
  nodes: [
    node('If', ['condition'], ['y'], {
      then_branch: {
        graph: {
          name: 'then',
          nodes: [call('Leaky', ['x'], ['inner'], { slope: { parameter: 'slope', type: 'float' } })],
          inputs: [],
          outputs: [{ name: 'inner', dtype: 'float32' }],
        },
      },
      else_branch: {
        graph: {
          name: 'else',
          nodes: [node('Neg', ['x'], ['inner'])],
          inputs: [],
          outputs: [{ name: 'inner', dtype: 'float32' }],
        },
      },
    }),
  ],
})

const slope = (float: number) => ({ slope: { float } })

test('a function stands where it is called, twice with other parameters, to the answers of the runtime', async () => {
  const model = aModel(
    [
      call('Leaky', ['x'], ['inner'], slope(0.25)),
      node('Mul', ['inner', 'two'], ['z']),
      call('Leaky', ['z'], ['y'], slope(0.5)),
    ],
    [LEAKY],
  )
  const inlined = inlineFunctions(model)
  expect(inlined).toMatchObject({ calls: 2, kept: [] })
  expect(inlined.model.functions).toBeUndefined()
  expect(opsOf(inlined.model.graph)).toEqual(['LeakyRelu', 'Add', 'Mul', 'LeakyRelu', 'Add'])
  const made = inlined.model.graph.nodes.flatMap(({ outputs }) => outputs)
  expect(new Set(made).size).toBe(made.length)
  expect(await errorOf(model, inlined.model, { x })).toBe(0)
})

test.each([true, false])('within an If, within a function: the condition %s', async taken => {
  const condition = constant('condition', [], [Number(taken)], 'bool')
  const base = aModel([call('Choose', ['x', 'condition'], ['y'], slope(0.25))], [LEAKY, CHOOSE])
  const model = { ...base, graph: { ...base.graph, initializers: [condition] } }
  const inlined = inlineFunctions(model)
  expect(inlined.calls).toBe(2)
  expect(await errorOf(model, inlined.model, { x })).toBe(0)
  // What passes could not see: that the condition is a constant.
  const simplified = await compared(model, { x })
  expect(simplified.error).toBe(0)
  expect(simplified.ops).toEqual(taken ? ['LeakyRelu', 'Add'] : ['Neg'])
  expect(simplified.model.functions).toBeUndefined()
})

test('an attribute that the call does not give is not there', async () => {
  const model = aModel([call('Leaky', ['x'], ['y'])], [LEAKY])
  const { model: inlined } = inlineFunctions(model)
  expect(inlined.graph.nodes[0]!.attributes).toBeUndefined()
  // LeakyRelu's own default.
  const answer = (await runOnnx(inlined, { x }))['y']!
  expect([...(answer.data as Float32Array)].map(value => Number(value.toFixed(4)))).toEqual([
    -0.04, -0.02, 0, 1, 2, 6,
  ])
})

test('what is handed on, given twice, or left out', async () => {
  const pass = aFunction({
    name: 'Pass',
    inputs: ['x', 'absent'],
    outputs: ['x', 'twice', 'twice', 'unasked'],
    nodes: [node('Clip', ['x', '', 'absent'], ['twice']), node('Neg', ['x'], ['unasked'])],
  })
  const model = aModel(
    [call('Pass', ['x'], ['a', 'b', 'c']), node('Add', ['a', 'b'], ['d']), node('Add', ['d', 'c'], ['y'])],
    [pass],
  )
  const { model: inlined } = inlineFunctions(model)
  const answer = (await runOnnx(inlined, { x }))['y']!
  expect([...(answer.data as Float32Array)]).toEqual([...x.data].map(value => 3 * Number(value)))
})

test.each([
  [
    'of another opset',
    aFunction({ ...LEAKY, opsets: [{ domain: '', version: 13 }] }),
    /opset 13 of ONNX, the model of 17/,
  ],
  ['that a runtime may have', { ...LEAKY, domain: 'com.microsoft' }, /know this operator/],
])('a function %s stays, with the reason', (_, stays, why) => {
  const node = { ...call('Leaky', ['x'], ['y'], slope(0.5)), domain: stays.domain }
  const inlined = inlineFunctions(aModel([node], [stays]))
  expect(inlined.kept).toEqual([{ node: 'y', op: 'Leaky', why: expect.stringMatching(why) }])
  expect(inlined.model.functions).toEqual([stays])
  expect(inlined.model.graph.nodes).toEqual([node])
})

test.each([
  ['that calls itself', [aFunction({ name: 'F', nodes: [call('F', ['x'], ['y'])] })], /calls itself/],
  [
    'in a circle',
    [
      aFunction({ name: 'F', nodes: [call('G', ['x'], ['y'])] }),
      aFunction({ name: 'G', nodes: [call('F', ['x'], ['y'])] }),
    ],
    /calls itself/,
  ],
  [
    'that doubles thirty times',
    Array.from({ length: 31 }, (_, i) =>
      aFunction({
        name: i === 0 ? 'F' : `F${i}`,
        nodes: [call(`F${i + 1}`, ['x'], ['z']), call(`F${i + 1}`, ['z'], ['y'])],
      }),
    ),
    /more than 250,000 nodes/,
  ],
  [
    'that is given too much',
    [aFunction({ name: 'F', inputs: [], nodes: [node('Neg', ['x'], ['y'])] })],
    /gives 1 inputs/,
  ],
])('a function %s is refused', (_, functions, message) => {
  expect(() => inlineFunctions(aModel([call('F', ['x'], ['y'])], functions))).toThrow(
    expect.objectContaining({ code: 'OPTIMIZE_UNSUPPORTED', message: expect.stringMatching(message) }),
  )
})
