import type { ModelInput, OpenModel } from '../../ports.ts'
import { frozenProgram } from './frozen.ts'
import { savedProgram } from './saved.ts'
import { tfjsProgram } from './tfjs.ts'
import type { TensorflowProgram } from './types.ts'

export { inputCount, outputOf, parseReference, type Reference } from './references.ts'
export type * from './types.ts'

/** The graph beside a checkpoint of TensorFlow 1, which has no variables of its own. */
const META_GRAPH = 'meta graph'

/**
 * The whole of an opened model's graph. `model` stays open while anything is read from it. Undefined for formats that
 * have no graph of TensorFlow's ops.
 */
export async function readProgram(
  model: Pick<OpenModel, 'file' | 'readTensor' | 'readText'>,
  input: ModelInput,
): Promise<TensorflowProgram | undefined> {
  switch (model.file.format) {
    case 'tensorflow-savedmodel':
      return savedProgram(model, input)
    case 'tensorflow-graphdef':
      return model.file.formatVersion === META_GRAPH ? undefined : frozenProgram(input)
    case 'tfjs-graph':
      return tfjsProgram(model, input)
    default:
      return undefined
  }
}
