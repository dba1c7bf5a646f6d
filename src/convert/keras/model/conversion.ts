import type { KerasLayer, KerasModel, KerasRef } from '../../../formats/index.ts'
import { failing } from '../../errors.ts'
import type { GraphBuilder } from '../../graph/builder.ts'
import type { Source } from '../../graph/types.ts'
import { Refusal, type Refusals } from '../../refusals.ts'
import { invalid } from '../config.ts'
import type { Argument, Carried, Generation, LayerEntry } from '../layer.ts'
import { entryOf } from '../registry.ts'
import type { WeightScope } from '../weights/scope.ts'
import { type Arguments, type CallContext, type FrameLayer, layerCall, readLayer } from './call.ts'
import { resolved, tensorsIn } from './calls.ts'
import { maskedAsNamed } from './masks.ts'
import { nestedInputs } from './nested.ts'
import { type Plan, planOf, type Step } from './plan.ts'

const tooLarge = failing('CONVERT_LIMIT', 'Save a model with fewer models within models.')

/** Layers within layers: wrappers of models of wrappers. */
const MAX_DEPTH = 32
/** Calls of layers over all calls of the models that hold them: the largest of Keras' own have 2,000. */
const MAX_CALLS = 50_000

/** Something in a layer was refused, and told: what it gives is missing. */
class Missing extends Error {}

export interface ConversionParts {
  readonly builder: GraphBuilder
  readonly refusals: Refusals
  readonly generation: Generation
  readonly minor: number
  /** Reads the model that a layer is; undefined for other layers. */
  readonly readModel: (serialized: KerasLayer['config']) => KerasModel | undefined
  readonly note: (text: string) => void
}

/** Where the layers of a model stand. */
interface Place {
  /** What comes before their names: `` or `inner/`. */
  readonly prefix: string
  readonly weights: WeightScope
  readonly depth: number
}

/** Converts calls of layers one after the other, and models within models. */
export class KerasConversion {
  readonly #parts: ConversionParts
  readonly #plans = new Map<object, Plan>()
  /** Masks by the names of tensors that a call has put them on, or taken them off. */
  readonly #masks = new Map<string, Carried['mask']>()
  #calls = 0

  constructor(parts: ConversionParts) {
    this.#parts = parts
  }

  /**
   * What a model gives for its inputs, in their order; undefined for what is not made because something before it was
   * refused. `inputs` by `keyOf`.
   */
  async model(
    plan: Plan,
    inputs: ReadonlyMap<string, Carried>,
    place: Place,
  ): Promise<readonly (Carried | undefined)[]> {
    const made = new Map(inputs)
    const find = (ref: KerasRef): Carried | undefined => this.#carried(made.get(keyOf(ref)))
    for (const step of plan.steps) {
      if (++this.#calls > MAX_CALLS) throw tooLarge(`The model makes more than ${MAX_CALLS} calls of layers`)
      const given = argumentsOf(step, find)
      const outputs = await this.#step(plan.model, step, given, place)
      for (const [tensor, output] of outputs.entries())
        made.set(keyOf({ layer: step.layer.name, node: step.node, tensor }), output)
    }
    return plan.outputs.map(({ ref }) => find(ref))
  }

  /** The plan of a model, made once. */
  plan(model: KerasModel): Plan {
    const known = this.#plans.get(model.config) ?? planOf(model)
    this.#plans.set(model.config, known)
    return known
  }

  /** A layer of a model; nothing where it is refused, or its inputs are missing. */
  async #step(
    model: KerasModel,
    { layer, node }: Step,
    given: Arguments | undefined,
    { prefix, weights, depth }: Place,
  ): Promise<readonly Carried[]> {
    const path = `${prefix}${layer.name}`
    const source: Source = { name: path, kind: layer.className }
    return this.#telling(source, node === 0, async () => {
      const own = readLayer(serializedOf(layer), path, weights.of(model, layer, path), this.#parts.generation)
      if (given) return this.#layer(own, given, depth)
      this.#survey(own, depth)
      throw new Missing()
    })
  }

  /** Refusals are gathered; a layer that is called again is told once. */
  async #telling(
    source: Source,
    tell: boolean,
    convert: () => Promise<readonly Carried[]>,
  ): Promise<readonly Carried[]> {
    try {
      return await convert()
    } catch (error) {
      if (error instanceof Refusal && tell) this.#parts.refusals.add(source, error.why, error.hint)
      if (error instanceof Refusal || error instanceof Missing) return []
      throw error
    }
  }

  async #layer(layer: FrameLayer, given: Arguments, depth: number): Promise<readonly Carried[]> {
    if (depth > MAX_DEPTH)
      throw tooLarge(`Layers are nested over ${MAX_DEPTH} deep in '${layer.name.slice(0, 200)}'`)
    const model = this.#modelOf(layer)
    if (model) return this.#within(layer, model, given, depth)
    const entry = converterOf(layer)
    const b = this.#parts.builder.at({ name: layer.name, kind: layer.className })
    const call = layerCall(layer, b, given, this.#context(depth))
    const outputs = await entry.convert(call)
    return entry.masks === 'own'
      ? outputs
      : outputs.map(output => masked(output, entry.masks === 'passes' ? call.inputs[0].mask : undefined))
  }

  #carried(value: Carried | undefined): Carried | undefined {
    return value && this.#masks.has(value.name) ? masked(value, this.#masks.get(value.name)) : value
  }

  #context(depth: number): CallContext {
    const { generation, minor, note } = this.#parts
    return {
      generation,
      minor,
      note,
      dropMasks: tensors => {
        for (const { name } of tensors) this.#masks.set(name, undefined)
      },
      convert: (inner, given) => this.#inner(inner, given, depth + 1),
      activation: (inner, x) => {
        const b = this.#parts.builder.at({ name: inner.name, kind: inner.className })
        const given: Arguments = { positional: [{ kind: 'tensor', value: x }], named: new Map() }
        const made = converterOf(inner).convert(layerCall(inner, b, given, this.#context(depth + 1)))
        const first = made instanceof Promise ? undefined : made[0]
        if (!first) throw new Refusal(`the activation ${inner.className}`)
        return first
      },
    }
  }

  /** A layer within a layer: what is refused in it is told by its own name. */
  async #inner(inner: FrameLayer, given: Arguments, depth: number): Promise<readonly Carried[]> {
    const source = { name: inner.name, kind: inner.className }
    const outputs = await this.#telling(source, true, () => this.#layer(inner, given, depth))
    if (outputs.length === 0) throw new Missing()
    return outputs
  }

  async #within(
    layer: FrameLayer,
    model: KerasModel,
    given: Arguments,
    depth: number,
  ): Promise<readonly Carried[]> {
    const plan = this.plan(model)
    const place = { prefix: `${layer.name}/`, weights: layer.weights, depth: depth + 1 }
    const b = this.#parts.builder.at({ name: layer.name, kind: layer.className })
    const inputs = nestedInputs(b, plan, this.#masking(layer, given))
    const outputs = await this.model(plan, inputs, place)
    const made = outputs.filter(output => output !== undefined)
    if (made.length < outputs.length) throw new Missing()
    return made
  }

  /** Keras 3 puts masks that the call of a model names on its tensors themselves: all that come later see them. */
  #masking(layer: FrameLayer, given: Arguments): Arguments {
    const named = given.named.get('mask')
    if (!named || tensorsIn(named).length === 0) return given
    const b = this.#parts.builder.at({ name: layer.name, kind: layer.className })
    const masking = maskedAsNamed(b, given, this.#parts.generation)
    for (const { name, mask } of masking.positional.flatMap(tensorsIn)) if (mask) this.#masks.set(name, mask)
    return masking
  }

  #modelOf({ className, config: { json } }: FrameLayer): KerasModel | undefined {
    if (!Object.hasOwn(json, 'layers')) return undefined
    return this.#parts.readModel({ class_name: className, config: json })
  }

  /** Looks at the classes of layers that are not converted, as what they take is missing: all are told at once. */
  #survey(layer: FrameLayer, depth: number): void {
    if (depth > MAX_DEPTH) return
    const model = this.#modelOf(layer)
    if (!model) {
      converterOf(layer)
      return
    }
    for (const inner of model.layers) {
      if (inner.className === 'InputLayer') continue
      const path = `${layer.name}/${inner.name}`
      try {
        this.#survey(readLayer(serializedOf(inner), path, layer.weights, this.#parts.generation), depth + 1)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        this.#parts.refusals.add({ name: path, kind: inner.className }, error.why, error.hint)
      }
    }
  }
}

/** Throws Refusal for layers that are not converted. */
function converterOf(layer: FrameLayer): Extract<LayerEntry, { convert: unknown }> {
  const entry = entryOf(layer)
  if (entry.support === 'refused') throw new Refusal(entry.note, entry.hint)
  return entry
}

export function keyOf({ layer, node, tensor }: KerasRef): string {
  return JSON.stringify([layer, node, tensor])
}

function serializedOf({ className, module, registered, config }: KerasLayer) {
  return { class_name: className, module: module ?? null, registered_name: registered ?? null, config }
}

function argumentsOf(
  { call, layer }: Step,
  find: (ref: KerasRef) => Carried | undefined,
): Arguments | undefined {
  const positional = call.positional.map(planned => resolved(planned, find))
  const named = Array.from(call.named, ([key, planned]) => [key, resolved(planned, find)] as const)
  const known = (argument: Argument | undefined): argument is Argument => argument !== undefined
  if (!positional.every(known) || !named.every(([, argument]) => known(argument))) return undefined
  if (positional.length === 0 && named.length === 0)
    throw invalid(`The layer '${layer.name}' is called with nothing`)
  return { positional, named: new Map(named.map(([key, argument]) => [key, argument!])) }
}

function masked(output: Carried, mask: Carried['mask']): Carried {
  const { mask: _, ...value } = output
  return mask ? { ...value, mask } : value
}
