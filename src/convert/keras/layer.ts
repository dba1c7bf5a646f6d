/**
 * How a Keras layer becomes ONNX, and how to add one:
 *
 * 1. Write a converter in the file of its family, `layers/<family>.ts`: a function that takes a `LayerCall` and gives
 *    the layer's outputs. It adds nodes with `call.b`, reads the config with `call.config`, its variables with
 *    `call.weights`, and throws `Refusal` for settings that have no ONNX form.
 * 2. Put it into the family's table, `Record<class name, LayerEntry>`: `full(convert)`, `limited('what is left out',
 *    convert)` or `refused('why', 'what to do')`. Coverage and `--list-ops` are made of the same table.
 * 3. A family's table is listed once, in `layers/index.ts`.
 *
 *   const rescaling = ({ b, config, inputs: [x] }: LayerCall) => [b.op('Mul', [x, b.scalar(x.dtype, config.number('scale'))])]
 *   export const scaling: LayerTable = { Rescaling: full(rescaling) }
 *
 * Masks: a tensor between layers may carry one (`Carried.mask`, bool). The entry says what the layer does with it:
 * `passes` (default of `full` and `limited`: the first input's mask goes on to all outputs, as Keras' layers with
 * `supports_masking` do), `stops` (the outputs have none), or `own` (the converter sets `mask` on what it gives).
 *
 * dtypes: inputs of floats come cast to the layer's compute dtype already, and variables as well; what a converter
 * gives is not cast again.
 */
import type { Json } from '../../core/index.ts'
import type { OnnxDtype, OnnxTensor } from '../../formats/index.ts'
import type { Emitter, Value } from '../graph/types.ts'
import type { LayerConfig } from './config.ts'

/** A tensor between layers, with the mask that Keras keeps beside it: bool, of its first axes: `[N, time]`. */
export interface Carried extends Value {
  readonly mask?: Value
}

/** An argument of a call: tensors, lists and dicts of arguments, and plain numbers, texts and the like. */
export type Argument =
  | { readonly kind: 'tensor'; readonly value: Carried }
  | { readonly kind: 'list'; readonly items: readonly Argument[] }
  | { readonly kind: 'dict'; readonly items: ReadonlyMap<string, Argument> }
  | { readonly kind: 'plain'; readonly json: Json }

/**
 * Where a layer's variables are. Keras 3 keeps them by number (`layers/dense/vars/0`), legacy files by name
 * (`dense/kernel:0`): so both are asked for, the number counted within the object that holds the variable.
 */
export interface LayerWeights {
  /**
   * A variable that is not in the graph yet: its name, shape, and elements that are read when the model is written. Give it to
   * `b.weight`, to the ops of `channels-last`, or to `derived`. The same one is the same object.
   * Throws CONVERT_INVALID naming the layer and the variable where it is missing.
   */
  get(name: string, index: number): OnnxTensor
  find(name: string, index: number): OnnxTensor | undefined
  /**
   * Variables of an object that the layer holds: in Keras 3 below the attribute's path (`cell`, `forward_layer`,
   * `query_dense`: a leading `_` is Keras' business, give it as in the file), in legacy files those with `name`
   * among the parts of their names; without a name, those of the layer itself.
   */
  child(attribute: string, name?: string): LayerWeights
  /** A file that the layer saved beside its variables: the `vocabulary.txt` of a StringLookup. */
  asset(name: string): Promise<Uint8Array | undefined>
}

/** A layer that stands in the model, or in a layer that wraps it. */
export interface Layer {
  readonly name: string
  readonly className: string
  /** `keras.layers`, `keras.src.ops.numpy`: absent in old files. */
  readonly module?: string
  readonly config: LayerConfig
  readonly weights: LayerWeights
  /** What it computes in. */
  readonly dtype: OnnxDtype
}

/** What Keras' first release did in another way than its third: padding, defaults, functions of one name. */
export type Generation = 1 | 2 | 3

export interface LayerCall extends Layer {
  /** Of the Keras that wrote the file. */
  readonly generation: Generation
  /** Which release of the third Keras: 15 of 3.15.1, infinite where it is not known; −1 of those before. */
  readonly minor: number
  /** Adds nodes that name this layer as their source. */
  readonly b: Emitter
  /** The tensors of the positional arguments, in order; where all are named, those of the named ones. */
  readonly inputs: readonly [Carried, ...Carried[]]
  /** Arguments of the call by their names. */
  readonly named: ReadonlyMap<string, Argument>
  /** An argument of the call by its place or by its name; undefined where it was not given, or null. */
  argument(index: number, name: string): Argument | undefined
  /** The variables in the dtype in which they are kept: for what Keras computes in float32 whatever the layer does. */
  readonly variables: LayerWeights
  /** A weight of the layer in the graph: `b.weight(weights.get(name, index))`. */
  weight(name: string, index: number): Value
  /** What the entry `key` of the config says, computed of `x`: no function is `linear`. Default key: `activation`. */
  activate(x: Value, key?: string): Value
  /** A layer that this one holds in its config (`layer`, `cell`), or that `of` does: its variables are the `attribute`'s. */
  layerIn(serialized: Json | undefined, attribute: string, of?: Layer): Layer
  /** Converts a layer that this one holds, called with `inputs` and named arguments. Its masks are kept. */
  convert(
    inner: Layer,
    inputs: readonly Carried[],
    named?: Readonly<Record<string, Argument>>,
  ): Promise<readonly Carried[]>
  /** Takes the masks off tensors, for all that is called with them later: what MultiHeadAttention does since Keras 3.8. */
  dropMasks(tensors: readonly Carried[]): void
  /** Tells the model's owner something. */
  note(text: string): void
}

export type ConvertLayer = (call: LayerCall) => readonly Carried[] | Promise<readonly Carried[]>

export type Masks = 'passes' | 'stops' | 'own'

export type LayerEntry =
  | {
      readonly support: 'full' | 'limits'
      readonly note?: string
      readonly masks: Masks
      readonly convert: ConvertLayer
    }
  | { readonly support: 'refused'; readonly note: string; readonly hint: string }

/** By class name. */
export type LayerTable = Readonly<Record<string, LayerEntry>>

export function full(convert: ConvertLayer, masks: Masks = 'passes'): LayerEntry {
  return { support: 'full', masks, convert }
}

/** `note`: what is not converted, or is done in another way. */
export function limited(note: string, convert: ConvertLayer, masks: Masks = 'passes'): LayerEntry {
  return { support: 'limits', note, masks, convert }
}

export function refused(why: string, hint: string): LayerEntry {
  return { support: 'refused', note: why, hint }
}
