import { describe, expect, test } from 'vitest'
import { digestOf, type Tensors } from '../../core/index.ts'
import type { ModelConfig, ModelSession, TensorSpec } from '../../model/index.ts'
import type { Dataset } from '../datasets/types.ts'
import { float32 } from '../testing.ts'
import { inputsOf } from './inputs.ts'

const CONFIG: ModelConfig = { name: 'toy', task: 'generic', labels: [], preprocess: [] }

function aModel(shape: TensorSpec['shape']): ModelSession {
  return {
    signature: {
      inputs: [{ name: 'x', dtype: 'float32', shape }],
      outputs: [{ name: 'y', dtype: 'float32', shape }],
    },
    run: async () => ({}),
    close: async () => {},
  }
}

/** Examples whose one number is their place. */
function aDataset(examples: number): Dataset {
  return {
    name: 'places',
    examples,
    digest: digestOf('places'),
    async *batches(size) {
      for (let at = 0; at < examples; at += size) {
        const count = Math.min(size, examples - at)
        const inputs = Array.from({ length: count }, (_, i) => float32([1], [at + i]))
        yield { inputs, truths: inputs.map(() => 0) }
      }
    },
    close: async () => {},
  }
}

async function places(examples: number, limit: number, shape: TensorSpec['shape'] = ['N', 1]) {
  const runs: Tensors[] = []
  for await (const run of inputsOf(aModel(shape), CONFIG, aDataset(examples), limit)) runs.push(run)
  return runs.map(({ x }) => [...(x!.data as Float32Array)])
}

describe('examples are taken evenly from the whole data set', () => {
  test.each([
    [5, 10, [0, 1, 2, 3, 4]],
    [5, 5, [0, 1, 2, 3, 4]],
    [10, 4, [0, 3, 5, 8]],
    [7, 6, [0, 2, 3, 4, 5, 6]],
    [100, 4, [0, 25, 50, 75]],
    [0, 4, []],
  ])('of %i, %i', async (examples, limit, wanted) => {
    expect(await places(examples, limit)).toEqual(wanted.map(place => [place]))
  })

  test('as many in a run as a model of fixed batch wants; the last one fills up', async () => {
    expect(await places(10, 5, [2, 1])).toEqual([
      [0, 2],
      [4, 6],
      [8, 8],
    ])
  })
})

test('what does not fit the input is told', async () => {
  await expect(places(3, 3, ['N', 7])).rejects.toMatchObject({ code: 'DATASET_UNFIT' })
})
