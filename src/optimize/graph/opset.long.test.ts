import { describe, expect, test } from 'vitest'
import { type CorpusCase, corpusCases, feedsOf, hasCorpus } from '../../../test/fixtures/onnx-corpus.ts'
import { runOnnx } from '../../../test/fixtures/onnx-run.ts'
import type { OnnxModel } from '../../formats/index.ts'
import { OptimizeError } from '../errors.ts'
import { opsetOf, raiseOpset } from './opset.ts'
import { errorOf } from './passes/testing.ts'

/** By how much answers move; undefined where the runtime can't run the original, or it is refused. */
async function moved({ model, inputs }: CorpusCase, to: 11 | 13 | 18): Promise<number | undefined> {
  const feeds = await feedsOf(inputs)
  if (!feeds) return undefined
  const runs = await runOnnx(model, feeds, { graphOptimizationLevel: 'disabled' }).then(
    () => true,
    () => false,
  )
  const raised = runs ? raisedOf(model, to) : undefined
  return raised && (await errorOf(model, raised, feeds))
}

function raisedOf(model: OnnxModel, to: 11 | 13 | 18): OnnxModel | undefined {
  try {
    return raiseOpset(model, to)
  } catch (cause) {
    if (cause instanceof OptimizeError) return undefined
    throw cause
  }
}

describe.skipIf(!hasCorpus)(
  'models of the ONNX project (skipped where libonnx-testdata is not installed)',
  () => {
    test.each([
      [11, 50],
      [13, 150],
      [18, 150],
    ] as const)('raised to opset %s, give the same', async (to, atLeast) => {
      const wrong: string[] = []
      let run = 0
      for await (const given of corpusCases()) {
        if (opsetOf(given.model) >= to) continue
        const error = await moved(given, to).catch(cause => String(cause))
        if (error === undefined) continue
        run++
        if (!(typeof error === 'number' && error <= 1e-5)) wrong.push(`${given.name}: ${error}`)
      }
      expect(wrong).toEqual([])
      expect(run).toBeGreaterThan(atLeast)
    })
  },
)
