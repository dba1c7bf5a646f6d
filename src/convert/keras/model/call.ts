import type { Json } from '../../../core/index.ts'
import type { OnnxDtype } from '../../../formats/index.ts'
import { isFloat } from '../../graph/dtypes.ts'
import type { Emitter } from '../../graph/types.ts'
import { activate } from '../activations.ts'
import { invalid, isObject, LayerConfig } from '../config.ts'
import { cast } from '../emit.ts'
import { modernized } from '../generation-1.ts'
import type { Argument, Carried, Generation, Layer, LayerCall } from '../layer.ts'
import { computeDtype } from '../policy.ts'
import { isOperation } from '../registry.ts'
import type { ComputeDtype } from '../weights/floats.ts'
import type { WeightScope } from '../weights/scope.ts'
import { autocast } from '../weights/tensors.ts'
import { tensorsIn } from './calls.ts'
import { maskedAsNamed } from './masks.ts'

/** A layer with what the frame alone needs. */
export interface FrameLayer extends Layer {
  readonly weights: WeightScope
  readonly variables: WeightScope
  readonly registered?: string
  /** A function of `keras.ops`: layers cast what they are called with, operations take it as it is. */
  readonly operation: boolean
}

export interface Arguments {
  readonly positional: readonly Argument[]
  readonly named: ReadonlyMap<string, Argument>
}

/** What a call needs of the model around it. */
export interface CallContext {
  readonly generation: Generation
  readonly minor: number
  convert(inner: FrameLayer, given: Arguments): Promise<readonly Carried[]>
  activation(inner: FrameLayer, x: Carried): Carried
  dropMasks(tensors: readonly Carried[]): void
  note(text: string): void
}

/** A layer as it stands in a list of layers, or in the config of a layer that wraps it. */
export function readLayer(
  serialized: Json | undefined,
  path: string,
  weights: WeightScope,
  generation: Generation = 3,
): FrameLayer {
  const given = isObject(serialized) ? serialized : {}
  const object = generation === 1 ? modernized(given) : given
  const own = (key: string): Json | undefined => (Object.hasOwn(object, key) ? object[key] : undefined)
  const [className, module, registered, config] = [
    own('class_name'),
    own('module'),
    own('registered_name'),
    own('config'),
  ]
  const json = isObject(config) ? config : {}
  const kind = typeof className === 'string' ? className : '?'
  const compute = computeDtype(json['dtype'])
  return {
    name: path,
    className: kind,
    ...(typeof module === 'string' && { module }),
    ...(typeof registered === 'string' && { registered }),
    config: new LayerConfig(json, { name: path, kind }),
    operation: isOperation(
      { className: kind, module: typeof module === 'string' ? module : undefined, config: json },
      generation,
    ),
    variables: weights,
    weights: compute ? casting(weights, compute) : weights,
    dtype: compute ?? 'float32',
  }
}

/** Variables as the layer computes with them. */
function casting(scope: WeightScope, to: ComputeDtype): WeightScope {
  return {
    find: (name, index) => {
      const found = scope.find(name, index)
      return found && autocast(found, to)
    },
    get: (name, index) => autocast(scope.get(name, index), to),
    child: (attribute, name) => casting(scope.child(attribute, name), to),
    // Layers of a model have dtypes of their own.
    of: (model, layer, source) => scope.of(model, layer, source),
    asset: name => scope.asset(name),
  }
}

export function layerCall(layer: FrameLayer, b: Emitter, given: Arguments, context: CallContext): LayerCall {
  const masked = maskedAsNamed(b, given, context.generation)
  const { positional, named } = layer.operation ? masked : castArguments(b, layer.dtype, masked)
  const placed = positional.flatMap(tensorsIn)
  const [first, ...others] = placed.length > 0 ? placed : [...named.values()].flatMap(tensorsIn)
  if (!first) throw invalid(`${layer.className} '${layer.name}' is called without a tensor`)
  const { generation, minor } = context
  const call: LayerCall = {
    ...layer,
    b,
    generation,
    minor,
    inputs: [first, ...others],
    named,
    argument: (index, name) => present(positional[index] ?? named.get(name)),
    weight: (name, index) => {
      const tensor = layer.weights.get(name, index)
      return b.weight(tensor, tensor.name)
    },
    activate: (x, key = 'activation') => {
      const json = layer.config.get(key)
      const inner = layerOf(json)
      if (!inner) return activate(b, x, json, generation)
      return context.activation(
        readLayer(json, `${layer.name}/${key}`, layer.weights.child(key), generation),
        x,
      )
    },
    layerIn: (serialized, attribute, of = layer) =>
      innerLayer(of as FrameLayer, serialized, attribute, generation),
    convert: (inner, values, more = {}) =>
      context.convert(inner as FrameLayer, {
        positional: [values.length === 1 ? tensor(values[0]!) : { kind: 'list', items: values.map(tensor) }],
        named: new Map(Object.entries(more)),
      }),
    dropMasks: tensors => context.dropMasks(tensors),
    note: text => context.note(text),
  }
  return call
}

const tensor = (value: Carried): Argument => ({ kind: 'tensor', value })

/** A wrapped layer: legacy files have its own name among the parts of its variables' names. */
function innerLayer(
  layer: FrameLayer,
  serialized: Json | undefined,
  attribute: string,
  generation: Generation,
): FrameLayer {
  const config = isObject(serialized) && isObject(serialized['config']) ? serialized['config'] : {}
  const name = typeof config['name'] === 'string' ? config['name'] : undefined
  return readLayer(
    serialized,
    `${layer.name}/${name ?? attribute}`,
    layer.weights.child(attribute, name),
    generation,
  )
}

/** A layer that stands for an activation, as opposed to a function. */
function layerOf(json: Json | undefined): boolean {
  return (
    isObject(json) &&
    typeof json['class_name'] === 'string' &&
    !/^(function|__lambda__)$/.test(json['class_name'])
  )
}

function present(argument: Argument | undefined): Argument | undefined {
  return argument?.kind === 'plain' && argument.json === null ? undefined : argument
}

/** Floats as the layer computes: all layers of Keras cast what they are called with. */
function castArguments(b: Emitter, dtype: OnnxDtype, given: Arguments): Arguments {
  const each = (argument: Argument): Argument => {
    if (argument.kind === 'tensor') return { kind: 'tensor', value: castValue(b, argument.value, dtype) }
    if (argument.kind === 'list') return { kind: 'list', items: argument.items.map(each) }
    if (argument.kind === 'dict')
      return { kind: 'dict', items: new Map(Array.from(argument.items, ([key, item]) => [key, each(item)])) }
    return argument
  }
  return {
    positional: given.positional.map(each),
    named: new Map(Array.from(given.named, ([key, item]) => [key, each(item)])),
  }
}

function castValue(b: Emitter, value: Carried, dtype: OnnxDtype): Carried {
  if (!isFloat(value.dtype) || value.dtype === dtype) return value
  const { mask } = value
  return { ...cast(b, value, dtype), ...(mask && { mask }) }
}
