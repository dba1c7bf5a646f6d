import { failuresOf } from '../../errors.ts'
import type { ModelInput, OpenModel } from '../../ports.ts'
import { tensorMissing } from '../../tensors.ts'
import type { ModelFile } from '../../types.ts'
import { WHOLE_BYTES } from '../limits.ts'
import type { ListedRun } from '../listed.ts'
import { runPieces } from '../pieces.ts'
import { describeLightgbm, listLightgbm } from './describe.ts'
import type { LightgbmModel } from './model.ts'
import { readAroundTrees, readLightgbm } from './read.ts'
import { type LightgbmTree, readLightgbmTrees } from './trees.ts'

const fail = failuresOf('LightGBM', 'Save the model again with Booster.save_model("model.txt").')

export interface LightgbmOpenModel extends OpenModel {
  /** As the text has it; of a large one without the trees. */
  readonly model: LightgbmModel
  /** Trees in order, one at a time. */
  readTrees(): AsyncGenerator<LightgbmTree, void>
}

/**
 * Opens a LightGBM model's text, in one pass that holds no array; of a file over WHOLE_BYTES only what stands around
 * the trees. Throws FORMAT_MALFORMED, FORMAT_TRUNCATED or
 * FORMAT_LIMIT.
 */
export async function openLightgbm(input: ModelInput): Promise<LightgbmOpenModel> {
  const { source } = input
  const around = source.size > WHOLE_BYTES ? await readAroundTrees(source, fail) : undefined
  let all: Promise<Read> | undefined
  const whole = (): Promise<Read> => (all ??= readLightgbm(source, fail).then(listed))
  const described = ({ model, arrays }: Read): ModelFile => describeLightgbm(input, model, arrays)
  const first = around ? listed(around) : await whole()
  return {
    model: first.model,
    file: described(first),
    ...(around && { whole: async () => described(await whole()) }),
    async *readTensor(name) {
      const { arrays } = await whole()
      const found = arrays.get(name)
      if (!found) throw tensorMissing(source.name, name, arrays.keys())
      yield* runPieces(source, found.run, fail)
    },
    async *readTrees() {
      yield* readLightgbmTrees(source, (await whole()).model, fail)
    },
    async close() {},
  }
}

interface Read {
  readonly model: LightgbmModel
  readonly arrays: ReadonlyMap<string, ListedRun>
}

function listed(model: LightgbmModel): Read {
  return { model, arrays: listLightgbm(model) }
}
