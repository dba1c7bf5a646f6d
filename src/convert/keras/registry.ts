import { type LayerEntry, refused } from './layer.ts'
import { LAYERS } from './layers/index.ts'
import { OPERATIONS } from './operations/index.ts'

const EXPORT = 'Export the model as a SavedModel, which has the graph of all layers: model.export("folder").'

const CUSTOM = refused('a class of your own, whose code is not in the file', EXPORT)
const UNKNOWN = refused('not converted yet', EXPORT)

/** What is done with a layer, by its class; an operation of `keras.ops` by its module too. */
export function entryOf(layer: {
  readonly className: string
  readonly module?: string
  readonly registered?: string
}): LayerEntry {
  const { className, module = 'keras', registered } = layer
  const table = isOperation(module) ? OPERATIONS : LAYERS
  const own = /^(tf_)?keras(\.|$)/.test(module) || /^tensorflow\.(python\.)?keras\./.test(module)
  const custom = !own || className.includes('>') || registered?.includes('>') === true
  if (custom) return CUSTOM
  return Object.hasOwn(table, className) ? table[className]! : UNKNOWN
}

/** Whether a class of that module is a function of `keras.ops`. */
export function isOperation(module: string): boolean {
  return /^keras\.(src\.)?(ops|operations)\b/.test(module)
}
