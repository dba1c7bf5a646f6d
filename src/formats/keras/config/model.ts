import { isObject, type Json, type JsonObject, listMember, member, objectMember, textMember } from './json.ts'
import { type Ref, refsIn, tensorShapesIn } from './refs.ts'

/** One layer of a model, as its config tells. */
export interface Layer {
  readonly name: string
  readonly className: string
  readonly module?: string
  /** `Package>Class` of a class that somebody registered. */
  readonly registered?: string
  readonly config: JsonObject
  /** What each call takes: several for a shared layer, none in a Sequential. */
  readonly calls: readonly (readonly Ref[])[]
  /** The calls as the config has them: their other arguments too. */
  readonly inbound: readonly Json[]
  /** What the config counts the first of the calls as. */
  readonly firstCall: number
  /** Shapes of tensors that calls state, by `refName`. */
  readonly shapes: ReadonlyMap<string, readonly (number | null)[]>
  /** The input's shape that it was built for. */
  readonly builtFor?: readonly (number | null)[]
}

export interface Model {
  readonly kind: 'sequential' | 'functional'
  readonly name: string
  readonly className: string
  readonly layers: readonly Layer[]
  /** Of a functional model, in order. */
  readonly inputs: readonly Ref[]
  readonly outputs: readonly Ref[]
  readonly config: JsonObject
}

/**
 * Reads a serialized model: Keras 1 to 3, Sequential and functional. Undefined for a subclassed one, whose layers
 * are in its Python code, and for anything else.
 */
export function readModel(serialized: Json | undefined): Model | undefined {
  if (!isObject(serialized)) return undefined
  const className = textMember(serialized, 'class_name') ?? 'Model'
  const given = member(serialized, 'config')
  // Keras 1 and early Keras 2 gave a Sequential's layers as the config itself.
  const config = isObject(given) ? given : {}
  const list = Array.isArray(given) ? (given as readonly Json[]) : listMember(config, 'layers')
  if (!list) return undefined
  const read = list.filter(isObject).map(readLayer)
  const outputRefs = refsIn(member(config, 'output_layers'), undefined)
  const first = firstCalls(read, outputRefs)
  const renumbered = (refs: readonly Ref[]): readonly Ref[] =>
    refs.map(ref => ({ ...ref, node: Math.max(0, ref.node - (first.get(ref.layer) ?? 0)) }))
  const layers = read.map(layer => ({
    ...layer,
    calls: layer.calls.map(renumbered),
    firstCall: first.get(layer.name) ?? 0,
  }))
  const functional = member(config, 'output_layers') !== undefined
  const names = new Set(layers.map(layer => layer.name))
  return {
    kind: functional ? 'functional' : 'sequential',
    name: textMember(config, 'name') ?? textMember(serialized, 'name') ?? className.toLowerCase(),
    className,
    layers,
    inputs: functional ? refsIn(member(config, 'input_layers'), names) : [],
    outputs: functional ? renumbered(outputRefs.filter(ref => names.has(ref.layer))) : [],
    config,
  }
}

/**
 * Keras 2 counts the making of a model within a model as its first call, which the config leaves out: where calls
 * beyond those listed are named, numbers begin at the difference.
 */
function firstCalls(layers: readonly Layer[], outputs: readonly Ref[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>()
  for (const { layer, node } of [...layers.flatMap(({ calls }) => calls.flat()), ...outputs])
    last.set(layer, Math.max(node, last.get(layer) ?? 0))
  return new Map(
    layers.map(({ name, calls }) => [
      name,
      Math.max(0, (last.get(name) ?? 0) + 1 - Math.max(1, calls.length)),
    ]),
  )
}

function readLayer(layer: JsonObject, index: number): Layer {
  const config = objectMember(layer, 'config') ?? {}
  const module = textMember(layer, 'module')
  const registered = textMember(layer, 'registered_name')
  const built = objectMember(layer, 'build_config')
  const builtFor = built && shapeOf(member(built, 'input_shape'))
  const inbound = listMember(layer, 'inbound_nodes') ?? []
  const calls = inbound.map(call => refsIn(call, undefined))
  return {
    name: textMember(layer, 'name') ?? textMember(config, 'name') ?? `layer ${index}`,
    className: textMember(layer, 'class_name') ?? '?',
    config,
    calls,
    inbound,
    firstCall: 0,
    shapes: tensorShapesIn(inbound),
    ...(module !== undefined && { module }),
    ...(registered !== undefined && { registered }),
    ...(builtFor && { builtFor }),
  }
}

/** A shape of sizes and nulls; undefined for anything else. */
export function shapeOf(value: Json | undefined): readonly (number | null)[] | undefined {
  if (!Array.isArray(value)) return undefined
  const list: readonly Json[] = value
  const sane =
    list.length <= 32 &&
    list.every(size => size === null || (typeof size === 'number' && Number.isSafeInteger(size)))
  return sane ? (list as readonly (number | null)[]) : undefined
}
