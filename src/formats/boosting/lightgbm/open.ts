import { failuresOf } from '../../errors.ts'
import type { ModelInput, OpenModel } from '../../ports.ts'
import { tensorMissing } from '../../tensors.ts'
import { runPieces } from '../pieces.ts'
import { describeLightgbm, listLightgbm } from './describe.ts'
import { readLightgbm } from './read.ts'
import { type LightgbmTree, readLightgbmTrees } from './trees.ts'

const fail = failuresOf('LightGBM', 'Save the model again with Booster.save_model("model.txt").')

export interface LightgbmOpenModel extends OpenModel {
  /** Trees in order, one at a time. */
  readTrees(): AsyncGenerator<LightgbmTree, void>
}

/**
 * Opens a LightGBM model's text, in one pass that holds no array. Throws FORMAT_MALFORMED, FORMAT_TRUNCATED or
 * FORMAT_LIMIT.
 */
export async function openLightgbm(input: ModelInput): Promise<LightgbmOpenModel> {
  const { source } = input
  const model = await readLightgbm(source, fail)
  const listed = listLightgbm(model)
  return {
    file: describeLightgbm(input, model, listed),
    async *readTensor(name) {
      const found = listed.get(name)
      if (!found) throw tensorMissing(source.name, name, listed.keys())
      yield* runPieces(source, found.run, fail)
    },
    readTrees: () => readLightgbmTrees(source, model, fail),
    async close() {},
  }
}
