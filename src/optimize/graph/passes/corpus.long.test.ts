import { describe, expect, test } from 'vitest'
import { type CorpusCase, corpusCases, feedsOf, hasCorpus } from '../../../../test/fixtures/onnx-corpus.ts'
import { runOnnx } from '../../../../test/fixtures/onnx-run.ts'
import type { OnnxModel } from '../../../formats/index.ts'
import { simplify } from './simplify.ts'
import { errorOf, here } from './testing.ts'

/** The model with all inputs from `from` on as constants. */
function withConstants({ model, inputs }: CorpusCase, from: number): OnnxModel {
  const { graph } = model
  const initializers = [...(graph.initializers ?? []), ...inputs.slice(from)]
  return {
    ...model,
    irVersion: Math.max(model.irVersion ?? 4, 4),
    graph: { ...graph, inputs: graph.inputs.slice(0, from), initializers },
  }
}

/** By how much answers move; undefined where the runtime can't run the original. */
async function moved(given: CorpusCase, from: number): Promise<number | undefined> {
  const model = withConstants(given, from)
  const feeds = await feedsOf(given.inputs.slice(0, from))
  if (!feeds) return undefined
  try {
    await runOnnx(model, feeds, { graphOptimizationLevel: 'disabled' })
  } catch {
    return undefined
  }
  const simplified = await simplify(model, { computer: here })
  return await errorOf(model, simplified.model, feeds)
}

describe.skipIf(!hasCorpus)(
  'models of the ONNX project (skipped where libonnx-testdata is not installed)',
  () => {
    test.each([
      ['as they are', (count: number) => count],
      ['with all inputs but the first as constants', (count: number) => Math.min(1, count)],
      ['with all inputs as constants', () => 0],
    ] as const)('%s, give the same', async (_, from) => {
      const wrong: string[] = []
      let run = 0
      for await (const given of corpusCases()) {
        const error = await moved(given, from(given.inputs.length)).catch(cause => String(cause))
        if (error === undefined) continue
        run++
        if (!(typeof error === 'number' && error <= 1e-5)) wrong.push(`${given.name}: ${error}`)
      }
      expect(wrong).toEqual([])
      expect(run).toBeGreaterThan(700)
    })
  },
)
