import { expect, test } from 'vitest'
import { floats, runOnnx } from '../../../test/fixtures/onnx-run.ts'
import { GraphBuilder } from './builder.ts'
import type { Emitter, Value, ValueType } from './types.ts'

const ROWS: ValueType = { dtype: 'float32', shape: ['N', 3] }
const FLAG: ValueType = { dtype: 'bool', shape: [] }
const COUNT: ValueType = { dtype: 'int64', shape: [] }

/** What is inferred of the outputs, and the shapes that come out for two rows. */
async function run(make: (b: Emitter, x: Value) => Promise<readonly Value[]>) {
  const graph = new GraphBuilder()
  const x = graph.input('x', ROWS)
  const values = await make(graph.at({ name: 'a', kind: 'A' }), x)
  for (const [i, value] of values.entries()) graph.output(`y${i}`, value)
  const results = await runOnnx(graph.build({ name: 'control' }).model, {
    x: floats([2, 3], [1, 2, 3, 4, 5, 6]),
  })
  return values.map(({ shape }, i) => [shape, results[`y${i}`]!.shape])
}

const twice = (b: Emitter, x: Value) => b.op('Concat', [x, x], { attributes: { axis: { int: 0 } } })

test('If gives what both branches agree on', async () => {
  const types = await run(async (b, x) => {
    const [yes, no] = [
      await b.body('then', [], async i => [i.op('Neg', [x])]),
      await b.body('else', [], async i => [twice(i, x)]),
    ]
    const asked = b.op('Greater', [
      b.op('ReduceMax', [x], { attributes: { keepdims: { int: 0 } } }),
      b.scalar('float32', 9),
    ])
    return [b.op('If', [asked], { attributes: { then_branch: { graph: yes }, else_branch: { graph: no } } })]
  })
  expect(types).toEqual([
    [
      [null, 3],
      [4, 3],
    ],
  ])
})

test('Loop gives what goes round, and what is gathered of each turn', async () => {
  const types = await run(async (b, x) => {
    const grown: ValueType = { dtype: 'float32', shape: [null, 3] }
    const body = await b.body('body', [COUNT, FLAG, ROWS, grown], async (i, [, go, same, more]) => [
      i.op('Identity', [go!]),
      i.op('Neg', [same!]),
      twice(i, more!),
      i.op('ReduceSum', [same!, i.ints([0])], { attributes: { keepdims: { int: 0 } } }),
    ])
    return b.ops('Loop', [b.scalar('int64', 2), undefined, x, x], 3, {
      attributes: { body: { graph: body } },
    })
  })
  expect(types).toEqual([
    [
      ['N', 3],
      [2, 3],
    ],
    [
      [null, 3],
      [8, 3],
    ],
    [
      [null, 3],
      [2, 3],
    ],
  ])
})

test('Scan gives its states, and a row of each step along the axis that is asked for', async () => {
  const types = await run(async (b, x) => {
    const state: ValueType = { dtype: 'float32', shape: [3] }
    const body = await b.body('body', [state, state], async (i, [sum, row]) => {
      const next = i.op('Add', [sum!, row!])
      return [next, i.op('Neg', [next]), i.op('Exp', [row!])]
    })
    const start = b.constant('float32', [3], [0, 0, 0])
    return b.ops('Scan', [start, x], 3, {
      attributes: { body: { graph: body }, num_scan_inputs: { int: 1 }, scan_output_axes: { ints: [0, -1] } },
    })
  })
  expect(types).toEqual([
    [[3], [3]],
    [
      ['N', 3],
      [2, 3],
    ],
    [
      [3, 'N'],
      [3, 2],
    ],
  ])
})
