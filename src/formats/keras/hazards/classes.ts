import { type Json, type JsonObject, member, objectMember, textMember } from '../config/json.ts'
import { KNOWN_CLASSES, KNOWN_FUNCTIONS, KNOWN_OPERATIONS } from './known.ts'
import { isPlainSymbol } from './tensorflow.ts'
import type { KerasHazard } from './types.ts'

type Hazard = Pick<KerasHazard, 'kind' | 'detail'>

const KERAS_MODULE = /^(keras|tf_keras|keras_core|tensorflow\.keras|tensorflow\.python\.keras)(\.|$)/
/** Where Keras 2 has some initialisers from. */
const INITIALIZER_MODULE = /^tensorflow\.python\.ops\.init_ops(_v2)?$/
const OPERATION_MODULE = /^keras(\.src)?\.(ops|operations)(\.|$)/
/** Values that Keras writes as objects: shapes, tensors, numbers. They name no class. */
const PLAIN_VALUES: ReadonlySet<string> = new Set([
  '__keras_tensor__',
  '__tensor__',
  '__numpy__',
  '__bytes__',
  '__ellipsis__',
  '__slice__',
  '__tuple__',
  'TensorShape',
  'ndarray',
  'CLASS',
])

const KERAS_2_OPTIMIZERS: ReadonlySet<string> = new Set(
  [
    'Adadelta',
    'Adafactor',
    'Adagrad',
    'Adam',
    'AdamW',
    'Adamax',
    'Ftrl',
    'Lion',
    'Nadam',
    'RMSprop',
    'SGD',
  ].map(name => `Custom>${name}`),
)

/** What an object of a config names, where that is not plainly Keras' own. Undefined for objects that name nothing. */
export function classHazard(object: JsonObject, key: string): Hazard | undefined {
  const name = textMember(object, 'class_name')
  const module = textMember(object, 'module')
  const registered = textMember(object, 'registered_name')
  if (name === undefined) {
    // A Lambda's own config names the module that its function came from.
    if ((module === undefined && registered === undefined) || 'function_type' in object) return undefined
    return { kind: 'custom-object', detail: `an object without a class of ${module ?? registered}` }
  }
  if (name === 'function') return functionHazard(module, registered, member(object, 'config'))
  // Keras 2 registers its own optimisers so.
  if (key === 'optimizer_config' && KERAS_2_OPTIMIZERS.has(name)) return undefined
  if (isPlainOperation(name, module, registered, object)) return undefined
  return special(name, object) ?? named(name, module, registered)
}

/** A TensorFlow symbol as a layer of Keras 2, where it only computes. */
function isPlainOperation(
  name: string,
  module: string | undefined,
  registered: string | undefined,
  object: JsonObject,
): boolean {
  if (name !== 'TFOpLambda' && name !== 'SlicingOpLambda') return false
  const config = objectMember(object, 'config')
  const symbol = config && textMember(config, 'function')
  const own = (module === undefined || KERAS_MODULE.test(module)) && (registered ?? name) === name
  return own && symbol !== undefined && isPlainSymbol(symbol)
}

/** Keras' own classes that run or load what the file brings. */
function special(name: string, object: JsonObject): Hazard | undefined {
  const config = objectMember(object, 'config') ?? {}
  const text = (key: string): string => textMember(config, key)?.slice(0, 200) ?? '?'
  switch (bare(name)) {
    case 'Lambda':
      return { kind: 'lambda', detail: `Lambda layer with ${lambdaOf(config)}` }
    case '__lambda__':
      return { kind: 'bytecode', detail: '__lambda__ with marshalled Python code' }
    case 'TFSMLayer':
      return { kind: 'saved-model', detail: `TFSMLayer of '${text('filepath')}'` }
    case 'TorchModuleWrapper':
      return { kind: 'torch-module', detail: 'TorchModuleWrapper with a pickled PyTorch module' }
    case 'JaxLayer':
    case 'FlaxLayer':
      return { kind: 'jax-function', detail: `${bare(name)} with a function of its own` }
    case 'TFOpLambda':
    case 'SlicingOpLambda':
      return { kind: 'tensorflow-op', detail: `${bare(name)} of ${text('function')}` }
    case 'TensorFlowOpLayer':
      return { kind: 'tensorflow-op', detail: `TensorFlowOpLayer ${text('name')}` }
  }
  return undefined
}

function lambdaOf(config: JsonObject): string {
  const code = member(config, 'function')
  if (typeof code === 'string') return `the function '${code.slice(0, 200)}'`
  if (Array.isArray(code)) return 'marshalled Python code'
  return 'a function'
}

function functionHazard(
  module: string | undefined,
  registered: string | undefined,
  config: Json | undefined,
): Hazard | undefined {
  const called = typeof config === 'string' ? config : (registered ?? '?')
  const own = module === undefined || module === 'builtins' || KERAS_MODULE.test(module)
  const plain = registered === undefined || registered === 'function' || registered === called
  if (own && plain && KNOWN_FUNCTIONS.has(called)) return undefined
  return { kind: 'custom-function', detail: `the function ${module ?? '?'}.${called.slice(0, 200)}` }
}

function named(name: string, module: string | undefined, registered: string | undefined): Hazard | undefined {
  if (PLAIN_VALUES.has(name) && module === undefined && registered === undefined) return undefined
  const own = module === undefined || KERAS_MODULE.test(module) || INITIALIZER_MODULE.test(module)
  const known =
    KNOWN_CLASSES.has(bare(name)) ||
    (KNOWN_OPERATIONS.has(name) && module !== undefined && OPERATION_MODULE.test(module))
  const plain = registered === undefined || registered === name || bare(registered) === name
  if (own && known && plain) return undefined
  const as = plain ? '' : `, registered as ${registered!.slice(0, 200)}`
  return { kind: 'custom-object', detail: `the class ${module ?? '?'}.${name.slice(0, 200)}${as}` }
}

/** Without Keras' own package: `Keras>Dense` is Dense. */
const bare = (name: string): string => (name.startsWith('Keras>') ? name.slice('Keras>'.length) : name)
