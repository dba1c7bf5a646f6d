import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OnnxAttribute } from '../../../formats/index.ts'
import { ConvertError } from '../../errors.ts'
import { GraphBuilder } from '../builder.ts'
import type { Value, ValueType } from '../types.ts'

const OPS =
  'Transpose Transpose Relu Add Where Clip Concat Split Pad Slice ReduceMean ArgMax Squeeze Unsqueeze Reshape Flatten Softmax CumSum TopK Gather Shape Tile Expand QuantizeLinear DequantizeLinear Identity Dropout Cast Conv'.split(
    ' ',
  )

const attribute: fc.Arbitrary<OnnxAttribute> = fc.oneof(
  fc.integer({ min: -9, max: 9 }).map(int => ({ int })),
  fc.constantFrom([0, 3, 1, 2], [0, 2, 3, 1], [0, 2, 1], [1, 0], [0, 0], [9], []).map(ints => ({ ints })),
  fc.constant({ text: 'perm' }),
)

const type: fc.Arbitrary<ValueType> = fc.record(
  {
    dtype: fc.constantFrom('float32', 'int64'),
    shape: fc.array(fc.constantFrom('N', 1, 1, 3, 4, null, 0), { maxLength: 5 }),
  },
  { requiredKeys: ['dtype'] },
)

const step = fc.record({
  op: fc.constantFrom(...OPS),
  inputs: fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 4 }),
  attributes: fc.dictionary(
    fc.constantFrom('axis', 'perm', 'keepdims', 'start', 'to', '__proto__'),
    attribute,
    { maxKeys: 3 },
  ),
  type: fc.option(type),
})

test('graphs that contradict themselves are passed on, and nothing else is thrown', () => {
  fc.assert(
    fc.property(
      fc.array(type, { minLength: 1, maxLength: 3 }),
      fc.array(step, { maxLength: 20 }),
      (inputs, steps) => {
        const graph = new GraphBuilder()
        const b = graph.at({ name: 'a', kind: 'A' })
        const values: Value[] = inputs.map((given, i) => graph.input(`x${i}`, given))
        values.push(
          b.ints([1]),
          b.ints([0, 1, 1, 0, 0, 1, 1, 0]),
          b.ints([]),
          b.scalar('int64', -1),
          b.constant('float32', [3, 1, 1], [1, 2, 3]),
        )
        for (const { op, inputs: on, attributes, type: told } of steps) {
          const taken = on.map(i => values[Math.max(0, values.length - 1 - i)]!)
          try {
            values.push(
              b.op(op, taken, { attributes, types: [told ?? { dtype: 'float32', shape: ['N', 3, 4, 4] }] }),
            )
          } catch (error) {
            if (!(error instanceof ConvertError)) throw error
          }
        }
        for (const [i, value] of values.slice(-3).entries()) graph.output(`y${i}`, value)
        const { model } = graph.build({ name: 'hostile' })
        const made = new Set(model.graph.nodes.flatMap(({ outputs }) => outputs))
        for (const { name } of model.graph.outputs) expect(made.has(name)).toBe(true)
      },
    ),
    { numRuns: 3000 },
  )
})
