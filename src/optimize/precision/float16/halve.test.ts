import { expect, test } from 'vitest'
import { floats, runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../../../formats/index.ts'
import { bytesOf, describe as described, expected, withFixture } from '../../testing.ts'
import { halve } from './halve.ts'

test.each(Object.keys(expected))('%s: nodes, names and every byte are those of onnxruntime', async name => {
  const found = await withFixture(name, async model => described(halve(model).model))
  const wanted = expected[name]!['float16']!
  expect(found.initializers).toEqual(wanted.initializers)
  const sorted = (nodes: typeof wanted.nodes) => nodes.map(node => JSON.stringify(node)).sort()
  expect(sorted(found.nodes)).toEqual(sorted(wanted.nodes))
})

const bytes = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer)
const value = (name: string) => ({ name, dtype: 'float32', shape: [2] }) as const
const w: OnnxTensor = { name: 'w', dtype: 'float32', shape: [2], data: bytes(3, -4) }

/** y of x, with `w` at hand. */
function aModel(nodes: readonly OnnxNode[], more: readonly OnnxTensor[] = [], opset = 17): OnnxModel {
  const graph = { name: 'g', nodes, inputs: [value('x')], outputs: [value('y')], initializers: [w, ...more] }
  return { irVersion: 8, opsets: [{ domain: '', version: opset }], graph }
}

/** A branch that gives `op` of a value outside it and a constant of its own. */
function branch(op: string, name: string): OnnxGraph {
  return {
    name,
    nodes: [{ op, inputs: ['a', `${name}_c`], outputs: [`${name}_y`] }],
    inputs: [],
    outputs: [value(`${name}_y`)],
    initializers: [{ name: `${name}_c`, dtype: 'float32', shape: [2], data: bytes(0.5, 2) }],
  }
}

test.each<[what: string, nodes: readonly OnnxNode[], more?: readonly OnnxTensor[]]>([
  [
    'a constant that both kinds of nodes take',
    [
      { op: 'Max', inputs: ['x', 'w'], outputs: ['m'] },
      { op: 'Mul', inputs: ['m', 'w'], outputs: ['y'] },
    ],
  ],
  [
    'an output that a node gives which stays',
    [
      { op: 'Add', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'Min', inputs: ['a', 'w'], outputs: ['y'] },
    ],
  ],
  [
    'bodies, which see values around them',
    [
      { op: 'Add', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'ReduceSum', inputs: ['a'], outputs: ['s'], attributes: { keepdims: { int: 0 } } },
      { op: 'Greater', inputs: ['s', 'zero'], outputs: ['up'] },
      {
        op: 'If',
        inputs: ['up'],
        outputs: ['y'],
        attributes: {
          then_branch: { graph: branch('Mul', 't') },
          else_branch: { graph: branch('Max', 'e') },
        },
      },
    ],
    [{ name: 'zero', dtype: 'float32', shape: [], data: bytes(0) }],
  ],
  [
    'nodes that make numbers',
    [
      { op: 'Shape', inputs: ['x'], outputs: ['size'] },
      { op: 'ConstantOfShape', inputs: ['size'], outputs: ['zeros'] },
      {
        op: 'Constant',
        inputs: [],
        outputs: ['two'],
        attributes: { value: { tensor: { name: 't', dtype: 'float32', shape: [], data: bytes(2) } } },
      },
      { op: 'Mul', inputs: ['x', 'two'], outputs: ['d'] },
      { op: 'Cast', inputs: ['size'], outputs: ['f'], attributes: { to: { int: 1 } } },
      { op: 'Sum', inputs: ['d', 'zeros', 'f'], outputs: ['y'] },
    ],
  ],
])('%s: the runtime takes it, and answers nearly the same', async (_, nodes, more) => {
  const model = aModel(nodes, more)
  const changed = halve(model)
  for (const x of [floats([2], [1.25, 7]), floats([2], [-6, -2.5])]) {
    const [before, after] = [await runOnnx(model, { x }), await runOnnx(changed.model, { x })]
    const [a, b] = [before['y']!.data as Float32Array, after['y']!.data as Float32Array]
    // These numbers and their results are float16's own.
    expect([...b]).toEqual([...a])
  }
})

test.each([
  [
    'an old opset',
    aModel([{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], [], 6),
    'OPTIMIZE_UNSUPPORTED',
    'opset 6',
  ],
  [
    'an operator of a domain that nobody knows',
    aModel([
      { op: 'Own', domain: 'some.where', inputs: ['x'], outputs: ['o'] },
      { op: 'Relu', inputs: ['o'], outputs: ['y'] },
    ]),
    'OPTIMIZE_UNSUPPORTED',
    'some.where.Own',
  ],
  [
    'nothing to change',
    aModel([{ op: 'Max', inputs: ['x', 'w'], outputs: ['y'] }]),
    'OPTIMIZE_NOTHING',
    'no float32',
  ],
])('%s is told', (_, model, code, message) => {
  expect(() => halve(model)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  )
})

test('NaN is told when the weight is read, and infinity stays what it is', async () => {
  const of = (...numbers: number[]) =>
    halve(
      aModel(
        [{ op: 'Add', inputs: ['x', 'n'], outputs: ['y'] }],
        [{ ...w, name: 'n', data: bytes(...numbers) }],
      ),
    ).model.graph.initializers!.find(({ name }) => name === 'n')!
  await expect(bytesOf(of(1, Number.NaN))).rejects.toMatchObject({
    code: 'OPTIMIZE_UNSUPPORTED',
    details: { tensor: 'n' },
  })
  expect([...new Uint16Array((await bytesOf(of(Number.NEGATIVE_INFINITY, 1e9))).slice().buffer)]).toEqual([
    0xfc00, 0x7bff,
  ])
})
