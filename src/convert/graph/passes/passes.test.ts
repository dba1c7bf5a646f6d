import fc from 'fast-check'
import { expect, test } from 'vitest'
import { floats, relativeError, runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import { grow, type Step, steps } from '../../../../test/fixtures/random-graph.ts'
import { GraphBuilder } from '../builder.ts'

const SHAPE = [2, 3, 4, 3]
const INPUT = floats(
  SHAPE,
  Array.from({ length: 72 }, (_, i) => Math.sin(i * 1.7)),
)

/** Of the free axes. */
const SIZES = { N: SHAPE[0], H: SHAPE[1], W: SHAPE[2] }

/** ONNX Runtime's own passes would hide what ours do; and those of quantised graphs have faults. */
const AS_TOLD = { graphOptimizationLevel: 'disabled' } as const

function built(taken: readonly Step[], free: boolean, passes: boolean) {
  const graph = new GraphBuilder()
  const shape = free ? ['N', 'H', 'W', 3] : ['N', ...SHAPE.slice(1)]
  const x = graph.input('x', { dtype: 'float32', shape })
  grow(graph, x, taken)
  return graph.build({ name: 'random', passes })
}

test('graphs give the same after passes, with no more nodes', () =>
  fc.assert(
    fc.asyncProperty(steps(25), fc.boolean(), async (taken, free) => {
      const [before, after] = [built(taken, free, false), built(taken, free, true)]
      expect(after.model.graph.nodes.length).toBeLessThanOrEqual(before.model.graph.nodes.length)
      const expected = await runOnnx(before.model, { x: INPUT }, AS_TOLD)
      const actual = await runOnnx(after.model, { x: INPUT }, AS_TOLD)
      expect(Object.keys(actual)).toEqual(Object.keys(expected))
      // A sum in another order may round to another step of a quantised value.
      const tolerance = taken.some(({ op }) => op === 'quantized') ? 3 : 1e-4
      for (const { name, shape = [] } of before.model.graph.outputs)
        expect(shape.map((size, i) => SIZES[size as 'N'] ?? size ?? actual[name]!.shape[i])).toEqual(
          actual[name]!.shape,
        )
      for (const [name, tensor] of Object.entries(expected))
        expect(relativeError(actual[name]!, tensor), name).toBeLessThan(tolerance)
      const names = after.model.graph.nodes.map(({ name }) => name)
      expect(after.mapping.flatMap(({ nodes }) => nodes).toSorted()).toEqual(names.toSorted())
    }),
    { numRuns: 300 },
  ))
