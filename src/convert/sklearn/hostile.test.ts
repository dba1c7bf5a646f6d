import { describe, expect, test } from 'vitest'
import { casesIn } from '../../../test/fixtures/convert/sklearn/cases.ts'
import { spoiled } from '../../../test/fixtures/convert/sklearn/spoiled.ts'
import { mutations } from '../../../test/fixtures/model-input.ts'
import { bytesOf } from '../../../test/fixtures/onnx-run.ts'
import { BallastError, type ByteSource } from '../../core/index.ts'
import { memoryTree, openIn, openModel } from '../../formats/index.ts'
import { conversionOf, convertEstimator } from './convert.ts'
import { type Root, rootOf } from './root.ts'

const FILES: readonly (readonly [family: string, name: string])[] = [
  ['preprocessing', 'columns'],
  ['preprocessing', 'union'],
  ['preprocessing', 'one-hot-infrequent-drop'],
  ['preprocessing', 'ordinal-infrequent'],
  ['preprocessing', 'target'],
  ['preprocessing', 'imputer-empty'],
  ['preprocessing', 'knn-distance'],
  ['preprocessing', 'iterative-bounded'],
  ['preprocessing', 'quantile-normal'],
  ['preprocessing', 'power'],
  ['preprocessing', 'bins-one-hot'],
  ['preprocessing', 'polynomial'],
  ['preprocessing', 'splines-linear-3'],
  ['preprocessing', 'from-forest'],
  ['preprocessing', 'percentile'],
  ['text', 'stop-bigrams'],
  ['text', 'tfidf'],
]

interface Opened {
  readonly root: Root
  readonly source: ByteSource
  readonly close: () => Promise<void>
}

async function opened(family: string, name: string): Promise<Opened> {
  const folder = new URL(`../../../test/fixtures/convert/sklearn/${family}/1.9`, import.meta.url).pathname
  const model = await openModel((await casesIn(folder)).find(item => item.name === name)!.file)
  const { source } = model.input!
  return { root: await rootOf(source), source, close: () => model.close() }
}

/** Whether it was written, or refused with a typed error; throws what is neither. */
async function outcomeOf(make: () => Promise<Uint8Array>): Promise<'written' | 'refused'> {
  try {
    await make()
    return 'written'
  } catch (error) {
    if (error instanceof BallastError) return 'refused'
    throw error
  }
}

describe('each attribute replaced', () => {
  test.each(FILES)('%s %s', async (family, name) => {
    const { root, source, close } = await opened(family, name)
    const outcomes = new Set<string>()
    // A large model's attributes are spoiled at regular distances.
    const all = [...spoiled(root.estimator)]
    const step = Math.ceil(all.length / (family === 'text' ? 25 : 50))
    for (const estimator of all.filter((_, i) => i % step === 0))
      outcomes.add(
        await outcomeOf(async () => bytesOf((await conversionOf({ estimator }, source, name)).model)),
      )
    await close()
    expect(outcomes).toContain('refused')
  })
})

test.each(FILES.slice(0, 6))('damaged bytes of %s %s', async (family, name) => {
  const { source, close } = await opened(family, name)
  const bytes = await source.read(0, source.size)
  for (const copy of mutations(bytes, 12)) {
    await outcomeOf(async () => {
      const model = await openIn(memoryTree(new Map([['model.pkl', copy]])), 'model.pkl')
      try {
        return await bytesOf((await convertEstimator(model, {})).model)
      } finally {
        await model.close()
      }
    })
  }
  await close()
})
