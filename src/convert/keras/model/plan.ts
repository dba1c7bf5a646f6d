import type { Json } from '../../../core/index.ts'
import type { KerasLayer, KerasModel, KerasRef } from '../../../formats/index.ts'
import { invalid, isObject } from '../config.ts'
import { type PlannedCall, plannedCall, refsOf } from './calls.ts'

/** One call of a layer, once all that it takes is there. */
export interface Step {
  readonly layer: KerasLayer
  readonly node: number
  readonly call: PlannedCall
}

/** An input or output of a model. */
export interface Port {
  readonly ref: KerasRef
  /** Its key, where the model's inputs or outputs are a dict. */
  readonly key?: string
}

/** A model's calls in an order in which they can be made. */
export interface Plan {
  readonly model: KerasModel
  readonly inputs: readonly Port[]
  readonly steps: readonly Step[]
  readonly outputs: readonly Port[]
}

/** Throws CONVERT_INVALID for calls that name tensors that are not there, for cycles, and for layers of one name. */
export function planOf(model: KerasModel): Plan {
  const layers = new Map<string, KerasLayer>()
  for (const layer of model.layers) {
    if (layers.has(layer.name)) throw invalid(`Two layers of '${model.name}' are called '${layer.name}'`)
    layers.set(layer.name, layer)
  }
  if (model.kind === 'sequential') return sequential(model)
  const renumbered = (ref: KerasRef): KerasRef => {
    const layer = layers.get(ref.layer)
    if (!layer)
      throw invalid(`'${model.name}' takes a tensor of the layer '${ref.layer}', which it does not have`)
    return { ...ref, node: Math.max(0, ref.node - layer.firstCall) }
  }
  const steps = model.layers.flatMap(layer =>
    layer.className === 'InputLayer'
      ? []
      : layer.inbound.map((call, node) => ({
          layer,
          node,
          call: renumberedCall(plannedCall(call), renumbered),
        })),
  )
  return {
    model,
    inputs: portsOf(model.config['input_layers'], renumbered),
    steps: ordered(model, steps),
    outputs: portsOf(model.config['output_layers'], renumbered),
  }
}

/** A chain: its first layer is an input, or stands for one. */
function sequential(model: KerasModel): Plan {
  const [first] = model.layers
  if (!first) throw invalid(`The model '${model.name}' has no layers`)
  const given = first.className === 'InputLayer'
  const steps = model.layers.slice(given ? 1 : 0).map((layer, index): Step => {
    const before = model.layers[(given ? 0 : -1) + index]
    const ref = { layer: before?.name ?? inputNameOf(first), node: 0, tensor: 0 }
    return { layer, node: 0, call: { positional: [{ kind: 'ref', ref }], named: new Map() } }
  })
  const input = { layer: given ? first.name : inputNameOf(first), node: 0, tensor: 0 }
  const last = steps.at(-1)
  return {
    model,
    inputs: [{ ref: input }],
    steps,
    outputs: [{ ref: last ? { layer: last.layer.name, node: 0, tensor: 0 } : input }],
  }
}

/** What Keras calls the input that a Sequential makes for its first layer. */
function inputNameOf({ name }: KerasLayer): string {
  return `${name}_input`
}

function renumberedCall(call: PlannedCall, renumbered: (ref: KerasRef) => KerasRef): PlannedCall {
  const walk = (planned: PlannedCall['positional'][number]): typeof planned => {
    if (planned.kind === 'ref') return { kind: 'ref', ref: renumbered(planned.ref) }
    if (planned.kind === 'list') return { kind: 'list', items: planned.items.map(walk) }
    if (planned.kind === 'dict')
      return { kind: 'dict', items: new Map(Array.from(planned.items, ([key, item]) => [key, walk(item)])) }
    return planned
  }
  return {
    positional: call.positional.map(walk),
    named: new Map(Array.from(call.named, ([key, value]) => [key, walk(value)])),
  }
}

/** `[name, node, tensor]` alone, lists of them, and dicts; lists within are flat here, as Keras' `flatten` has them. */
function portsOf(json: Json | undefined, renumbered: (ref: KerasRef) => KerasRef): readonly Port[] {
  const ports: Port[] = []
  const visit = (value: Json | undefined, key?: string): void => {
    if (Array.isArray(value)) {
      const [layer, node, tensor] = value as readonly Json[]
      if (typeof layer === 'string' && typeof node === 'number' && typeof tensor === 'number')
        ports.push({ ref: renumbered({ layer, node, tensor }), ...(key !== undefined && { key }) })
      else for (const item of value as readonly Json[]) visit(item)
    } else if (isObject(value)) for (const [name, item] of Object.entries(value)) visit(item, name)
  }
  visit(json)
  return ports
}

/** Kahn's algorithm, in the order of the config where there is a choice. */
function ordered(model: KerasModel, steps: readonly Step[]): readonly Step[] {
  const keyOf = (layer: string, node: number): string => JSON.stringify([layer, node])
  const inputs = new Set(
    model.layers.filter(({ className }) => className === 'InputLayer').map(({ name }) => name),
  )
  const waiting = new Map<Step, number>()
  const users = new Map<string, Step[]>()
  for (const step of steps) users.set(keyOf(step.layer.name, step.node), [])
  for (const step of steps) {
    const needed = new Set(
      refsOf(step.call)
        .filter(({ layer }) => !inputs.has(layer))
        .map(({ layer, node }) => keyOf(layer, node)),
    )
    for (const key of needed) {
      const list = users.get(key)
      if (!list) throw invalid(`The layer '${step.layer.name}' takes a tensor that no layer gives: ${key}`)
      list.push(step)
    }
    waiting.set(step, needed.size)
  }
  const ready = steps.filter(step => waiting.get(step) === 0)
  for (let i = 0; i < ready.length; i++) {
    const { layer, node } = ready[i]!
    for (const user of users.get(keyOf(layer.name, node))!) {
      const left = waiting.get(user)! - 1
      waiting.set(user, left)
      if (left === 0) ready.push(user)
    }
  }
  if (ready.length === steps.length) return ready
  const stuck = steps.filter(step => waiting.get(step)! > 0).map(({ layer }) => layer.name)
  throw invalid(
    `Layers of '${model.name}' wait for each other: ${[...new Set(stuck)].slice(0, 5).join(', ')}`,
  )
}
