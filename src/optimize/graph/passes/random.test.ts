import fc from 'fast-check'
import { expect, test } from 'vitest'
import { floats } from '../../../../test/fixtures/onnx-run.ts'
import { grown, steps } from '../../../../test/fixtures/random-graph.ts'
import { compared } from './testing.ts'

const SHAPE = [2, 3, 4, 3]
const INPUT = floats(
  SHAPE,
  Array.from({ length: 72 }, (_, i) => Math.sin(i * 1.7)),
)

test('random graphs give the same, with no more nodes, and under the same names', () =>
  fc.assert(
    fc.asyncProperty(steps(25), fc.boolean(), async (taken, free) => {
      const model = grown(free ? ['N', 'H', 'W', 3] : SHAPE, taken)
      const { nodes, model: after, error } = await compared(model, { x: INPUT })
      expect(nodes.after).toBeLessThanOrEqual(nodes.before)
      expect(after.graph.inputs).toEqual(model.graph.inputs)
      expect(after.graph.outputs).toEqual(model.graph.outputs)
      // A sum in another order may round to another step of a quantised value.
      expect(error).toBeLessThan(taken.some(({ op }) => op === 'quantized') ? 3 : 1e-5)
    }),
    { numRuns: 150 },
  ))
