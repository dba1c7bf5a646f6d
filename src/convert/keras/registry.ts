import type { JsonObject } from './config.ts'
import { type Generation, type LayerEntry, refused } from './layer.ts'
import { LAYERS } from './layers/index.ts'
import { OPERATIONS } from './operations/index.ts'

const EXPORT = 'Export the model as a SavedModel, which has the graph of all layers: model.export("folder").'

const CUSTOM = refused('a class of your own, whose code is not in the file', EXPORT)
const UNKNOWN = refused('not converted yet', EXPORT)

/** What is done with a layer, or an operation of `keras.ops`, by its class. */
export function entryOf(layer: {
  readonly className: string
  readonly module?: string
  readonly registered?: string
  readonly operation: boolean
}): LayerEntry {
  const { className, module = 'keras', registered, operation } = layer
  const table = operation ? OPERATIONS : LAYERS
  const own = /^(tf_)?keras(\.|$)/.test(module) || /^tensorflow\.(python\.)?keras\./.test(module)
  const custom = !own || className.includes('>') || registered?.includes('>') === true
  if (custom) return CUSTOM
  return Object.hasOwn(table, className) ? table[className]! : UNKNOWN
}

/**
 * Whether a class is a function of `keras.ops`: its module says so. HDF5 files of Keras 3 have no modules, but the
 * configs of layers have more than a name.
 */
export function isOperation(
  { className, module, config }: { className: string; module: string | undefined; config: JsonObject },
  generation: Generation,
): boolean {
  if (module !== undefined) return /^keras\.(src\.)?(ops|operations)\b/.test(module)
  return generation === 3 && Object.hasOwn(OPERATIONS, className) && !Object.hasOwn(config, 'trainable')
}
