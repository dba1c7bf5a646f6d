import { MAX_CALL_INPUTS } from '../limits.ts'
import { isObject, type Json, type JsonObject, listMember, objectMember, textMember } from './json.ts'

/** A tensor of a model: output `tensor` of call `node` of a layer. */
export interface Ref {
  readonly layer: string
  readonly node: number
  readonly tensor: number
}

/** `dense`, `dense#1` for its second call, `lstm:2` for its third output. */
export function refName({ layer, node, tensor }: Ref): string {
  return `${layer}${node > 0 ? `#${node}` : ''}${tensor > 0 ? `:${tensor}` : ''}`
}

/**
 * The tensors that a value names, in order: Keras 3's `__keras_tensor__`, and lists of a name and two numbers, as
 * Keras 2 writes them, at any depth. With `names`, only those of layers with such a name.
 */
export function refsIn(value: Json | undefined, names: ReadonlySet<string> | undefined): readonly Ref[] {
  const found: Ref[] = []
  collect(value, found)
  return names ? found.filter(ref => names.has(ref.layer)) : found
}

// Recursion ends: parseJson limits the depth.
function collect(value: Json | undefined, found: Ref[]): void {
  if (found.length >= MAX_CALL_INPUTS) return
  if (Array.isArray(value)) {
    const ref = refOf(value)
    if (!ref) for (const item of value) collect(item, found)
    else {
      found.push(ref)
      // Keras 2: the other arguments of the call, tensors among them.
      collect(value[3], found)
    }
  } else if (isObject(value)) {
    const tensor = kerasTensor(value)
    const ref = tensor && refOf(listMember(tensor, 'keras_history'))
    if (ref) found.push(ref)
    else if (!tensor) for (const item of Object.values(value)) collect(item, found)
  }
}

function kerasTensor(object: JsonObject): JsonObject | undefined {
  return textMember(object, 'class_name') === '__keras_tensor__' ? objectMember(object, 'config') : undefined
}

function refOf(list: readonly Json[] | undefined): Ref | undefined {
  if (!list) return undefined
  const [layer, node, tensor] = list
  if (typeof layer !== 'string' || !isIndex(node) || !isIndex(tensor)) return undefined
  return { layer, node, tensor }
}

const isIndex = (value: Json | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

/** Shapes of the tensors that Keras 3's calls name, by `refName`. */
export function tensorShapesIn(calls: readonly Json[]): ReadonlyMap<string, readonly (number | null)[]> {
  const shapes = new Map<string, readonly (number | null)[]>()
  const visit = (value: Json): void => {
    if (Array.isArray(value)) for (const item of value) visit(item)
    if (!isObject(value)) return
    const tensor = kerasTensor(value)
    if (!tensor) {
      for (const item of Object.values(value)) visit(item)
      return
    }
    const ref = refOf(listMember(tensor, 'keras_history'))
    const shape = listMember(tensor, 'shape')
    if (ref && shape?.every(size => size === null || typeof size === 'number'))
      shapes.set(refName(ref), shape as readonly (number | null)[])
  }
  for (const call of calls) visit(call)
  return shapes
}
