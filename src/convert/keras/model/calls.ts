import type { Json } from '../../../core/index.ts'
import type { KerasRef } from '../../../formats/index.ts'
import { isObject } from '../config.ts'
import type { Argument, Carried } from '../layer.ts'

/** An argument as the config has it, with tensors by their names. */
export type PlannedArgument =
  | { readonly kind: 'ref'; readonly ref: KerasRef }
  | { readonly kind: 'list'; readonly items: readonly PlannedArgument[] }
  | { readonly kind: 'dict'; readonly items: ReadonlyMap<string, PlannedArgument> }
  | { readonly kind: 'plain'; readonly json: Json }

export interface PlannedCall {
  readonly positional: readonly PlannedArgument[]
  readonly named: ReadonlyMap<string, PlannedArgument>
}

/** What stands for a number in the place of a layer's name: Keras 2. */
const CONSTANT = '_CONSTANT_VALUE'

/**
 * A call as `inbound_nodes` has it. Keras 3: `{ args, kwargs }` with `__keras_tensor__`. Keras 1 and 2: tensors
 * `[layer, node, tensor, kwargs]`, alone, in lists or in dicts; the first has the other arguments.
 */
export function plannedCall(call: Json): PlannedCall {
  if (isObject(call) && Array.isArray(call['args'])) {
    const named = isObject(call['kwargs'] ?? undefined) ? call['kwargs'] : {}
    return {
      positional: (call['args'] as readonly Json[]).map(argument),
      named: new Map(Object.entries(named as object).map(([key, value]) => [key, argument(value as Json)])),
    }
  }
  const alone = refOf(call) !== undefined || constantOf(call) !== undefined
  const items = Array.isArray(call) && !alone ? (call as readonly Json[]) : [call]
  const first = items.length === 1 ? items[0]! : items
  const planned = legacyArgument(first)
  const others = firstOthers(first)
  return {
    positional: [planned],
    named: new Map(Object.entries(others).map(([key, value]) => [key, argument(value)])),
  }
}

/** Tensors in the order of the arguments. */
export function refsOf({ positional, named }: PlannedCall): readonly KerasRef[] {
  return [...positional, ...named.values()].flatMap(refsInArgument)
}

export function refsInArgument(planned: PlannedArgument): readonly KerasRef[] {
  if (planned.kind === 'ref') return [planned.ref]
  if (planned.kind === 'plain') return []
  return [...planned.items.values()].flatMap(refsInArgument)
}

/** The argument with tensors in the place of their names; undefined where one of them was not made. */
export function resolved(
  planned: PlannedArgument,
  find: (ref: KerasRef) => Carried | undefined,
): Argument | undefined {
  if (planned.kind === 'plain') return planned
  if (planned.kind === 'ref') {
    const value = find(planned.ref)
    return value && { kind: 'tensor', value }
  }
  if (planned.kind === 'list') {
    const items = planned.items.map(item => resolved(item, find)).filter(item => item !== undefined)
    return items.length === planned.items.length ? { kind: 'list', items } : undefined
  }
  const items = new Map<string, Argument>()
  for (const [key, item] of planned.items) {
    const made = resolved(item, find)
    if (!made) return undefined
    items.set(key, made)
  }
  return { kind: 'dict', items }
}

/** The tensors of an argument, in order. */
export function tensorsIn(argument: Argument): readonly Carried[] {
  if (argument.kind === 'tensor') return [argument.value]
  if (argument.kind === 'plain') return []
  return [...argument.items.values()].flatMap(tensorsIn)
}

// Recursion ends: the reader limits how deep JSON goes.
function argument(json: Json): PlannedArgument {
  const ref = kerasTensor(json) ?? (Array.isArray(json) && json.length === 3 ? refOf(json) : undefined)
  if (ref) return { kind: 'ref', ref }
  if (Array.isArray(json)) return listOf(json.map(argument), json)
  if (isObject(json) && typeof json['class_name'] !== 'string')
    return dictOf(new Map(Object.entries(json).map(([key, value]) => [key, argument(value)])), json)
  return { kind: 'plain', json }
}

function legacyArgument(json: Json): PlannedArgument {
  const ref = refOf(json)
  if (ref) return { kind: 'ref', ref }
  const constant = constantOf(json)
  if (constant !== undefined) return { kind: 'plain', json: constant }
  if (Array.isArray(json)) return listOf(json.map(legacyArgument), json)
  if (isObject(json))
    return dictOf(new Map(Object.entries(json).map(([key, value]) => [key, legacyArgument(value)])), json)
  return { kind: 'plain', json }
}

/** Lists and dicts without a tensor are plain, as a whole. */
function listOf(items: readonly PlannedArgument[], json: Json): PlannedArgument {
  return items.every(({ kind }) => kind === 'plain') ? { kind: 'plain', json } : { kind: 'list', items }
}

function dictOf(items: ReadonlyMap<string, PlannedArgument>, json: Json): PlannedArgument {
  const plain = [...items.values()].every(({ kind }) => kind === 'plain')
  return plain ? { kind: 'plain', json } : { kind: 'dict', items }
}

function kerasTensor(json: Json): KerasRef | undefined {
  if (!isObject(json) || json['class_name'] !== '__keras_tensor__') return undefined
  const config = json['config']
  return isObject(config) ? refOf(config['keras_history']) : undefined
}

function refOf(json: Json | undefined): KerasRef | undefined {
  if (!Array.isArray(json)) return undefined
  const [layer, node, tensor] = json as readonly Json[]
  if (typeof layer !== 'string' || !isIndex(node) || !isIndex(tensor)) return undefined
  return { layer, node, tensor }
}

function isIndex(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function constantOf(json: Json): Json | undefined {
  return Array.isArray(json) && json[0] === CONSTANT ? ((json as readonly Json[])[2] ?? null) : undefined
}

/** The 4th entry of the first tensor: all other arguments of the call. */
function firstOthers(json: Json): Readonly<Record<string, Json>> {
  if (refOf(json) || constantOf(json) !== undefined) {
    const others = (json as readonly Json[])[3]
    return isObject(others) ? others : {}
  }
  const [first] = Array.isArray(json) ? (json as readonly Json[]) : isObject(json) ? Object.values(json) : []
  return first === undefined ? {} : firstOthers(first)
}
