import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type OnnxModel, openModel } from '../../../formats/index.ts'
import { writeModel } from '../../output/write-model.ts'
import { compareModels } from '../measure.ts'
import { optimizeModel } from '../optimize.ts'
import { keepCounts, sensitivities } from './repair.ts'

/** Two products of the same weights; in the second a number of 1,000, which no answer shows, leaves the others one place of int8. */
function aModel(): OnnxModel {
  const numbers = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i + 1))
  const wide = Float32Array.from(numbers)
  wide[0] = 1000
  const matrix = (name: string, data: Float32Array) =>
    ({ name, dtype: 'float32', shape: [8, 8], data: new Uint8Array(data.buffer) }) as const
  const value = (name: string) => ({ name, dtype: 'float32', shape: [1, 8] }) as const
  return {
    irVersion: 8,
    opsets: [{ domain: '', version: 17 }],
    graph: {
      name: 'g',
      nodes: [
        { op: 'MatMul', name: 'even', inputs: ['x', 'a'], outputs: ['y'] },
        { op: 'MatMul', name: 'wide', inputs: ['x', 'b'], outputs: ['all'] },
        {
          op: 'Gather',
          name: 'but the first',
          inputs: ['all', 'rest'],
          outputs: ['z'],
          attributes: { axis: { int: 1 } },
        },
      ],
      inputs: [value('x')],
      outputs: [value('y'), { name: 'z', dtype: 'float32', shape: [1, 2] }],
      initializers: [
        matrix('a', numbers),
        matrix('b', wide),
        { name: 'rest', dtype: 'int64', shape: [2], data: new Uint8Array(BigInt64Array.of(1n, 2n).buffer) },
      ],
    },
  }
}

test('the node whose rounding moves answers farthest comes first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'repair-'))
  try {
    const path = join(folder, 'model.onnx')
    await writeModel(aModel(), path)
    const out = join(folder, 'variant.onnx')
    const ranked = await sensitivities({
      nodes: ['even', 'wide'],
      say: () => undefined,
      async compare(keep) {
        const model = await openModel(path)
        const change = { kind: 'int8', dtype: 'int8', perChannel: false, reduced: false } as const
        await optimizeModel(model, { path, out, change, keep }).finally(() => model.close())
        const measure = { shapes: new Map(), threads: 1, budget: 0, processes: 0 }
        return compareModels({ original: path, variant: out }, measure)
      },
    })
    expect(ranked.map(({ nodes }) => nodes)).toEqual([['wide'], ['even']])
    expect(ranked[0]!.drift).toBeGreaterThan(ranked[1]!.drift)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('half of the groups stay at most', () => {
  expect([1, 2, 3, 5, 32].map(groups => [...keepCounts(groups)])).toEqual([
    [],
    [1],
    [1],
    [1, 2],
    [1, 2, 4, 8, 16],
  ])
})
