import {
  attributesOf,
  classOf,
  integerOf,
  nameOf,
  type PickleCall,
  type PickleNode,
  textOf,
} from '../pickle/index.ts'
import type { TensorInfo } from '../types.ts'
import { fail, MAX_DEPTH, MAX_METADATA, MAX_NAME, MAX_NAMES, MAX_TENSORS } from './limits.ts'
import { type TorchTensor, tensorOf } from './rebuild.ts'

export interface NamedTensor {
  readonly name: string
  readonly tensor: Exclude<TorchTensor, { kind: 'parts' }>
  readonly role?: TensorInfo['role']
  /** Of a part of a sparse tensor: `sparse_coo [5, 4]`. */
  readonly part?: string
}

/** A number, text or flag beside the tensors. */
export interface NamedValue {
  readonly name: string
  readonly node: PickleNode
}

export interface Inventory {
  readonly tensors: readonly NamedTensor[]
  readonly values: readonly NamedValue[]
}

interface Visit {
  readonly node: PickleNode
  readonly name: string
  readonly depth: number
  readonly role: TensorInfo['role']
}

/** Attributes of modules that are their tensors and modules: they leave no trace in a state dict's names either. */
const MODULE_PARTS: ReadonlyMap<string, TensorInfo['role']> = new Map([
  ['_parameters', 'parameter'],
  ['_buffers', 'buffer'],
  ['_modules', undefined],
])
const INNER: ReadonlySet<PickleNode['kind']> = new Set([
  'call',
  'dict',
  'list',
  'tuple',
  'set',
  'persistent',
  'array',
])
/** Of checkpoints: `optimizer`, `optimizer_state_dict`, `optimizer_states`, `optim`. */
const OPTIMIZER = /^optim(i[sz]ers?)?(_|$)|_optimi[sz]er/i

/**
 * The tensors below the root of a pickle of torch, in its order, named by their places: keys, indices and attributes
 * joined with dots, and a module's tensors as in its state dict.
 *
 *   {'model': {'fc.weight': …}, 'optimizer': {'state': {0: {'exp_avg': …}}}}
 *   // model.fc.weight, optimizer.state.0.exp_avg (role optimizer)
 *
 * A tensor that stands in two places is told twice; a container once. Throws FORMAT_LIMIT, FORMAT_MALFORMED.
 */
export function inventoryOf(root: PickleNode, file: string): Inventory {
  const found = new Found(file)
  const seen = new Set<PickleNode>()
  const open: Visit[] = [{ node: root, name: '', depth: 0, role: undefined }]
  for (let visit = open.pop(); visit; visit = open.pop()) {
    const { node, name, depth, role } = visit
    if (depth > MAX_DEPTH) throw fail.limit({ name: file }, `objects nested more than ${MAX_DEPTH} deep`)
    if (name.length > MAX_NAME) throw fail.limit({ name: file }, `a name of more than ${MAX_NAME} characters`)
    const tensor = tensorOf(node, file)
    if (tensor?.kind === 'parts') {
      const what = tensor.shape ? `${tensor.layout} [${tensor.shape.join(', ')}]` : tensor.layout
      for (const [part, inner] of tensor.parts) {
        const one = tensorOf(inner, file)
        if (one && one.kind !== 'parts')
          found.add({ name: join(name, part), tensor: one, part: what, ...roleOf(role, one) })
      }
    } else if (tensor) found.add({ name: name || 'tensor', tensor, ...roleOf(role, tensor) })
    if (seen.has(node)) continue
    const next = tensor ? stateOf(tensor, visit) : childrenOf(visit)
    if (next.length > 0) seen.add(node)
    else if (!tensor) found.value(name, node)
    for (let i = next.length - 1; i >= 0; i--) open.push(next[i]!)
  }
  return found
}

class Found implements Inventory {
  readonly tensors: NamedTensor[] = []
  readonly values: NamedValue[] = []
  readonly #taken = new Map<string, number>()
  readonly #file: string
  #characters = 0

  constructor(file: string) {
    this.#file = file
  }

  add(tensor: NamedTensor): void {
    const count = (this.#taken.get(tensor.name) ?? 0) + 1
    this.#taken.set(tensor.name, count)
    const name = count === 1 ? tensor.name : `${tensor.name}#${count}`
    this.#characters += name.length
    if (this.tensors.length >= MAX_TENSORS)
      throw fail.limit({ name: this.#file }, `more than ${MAX_TENSORS} tensors`)
    if (this.#characters > MAX_NAMES)
      throw fail.limit({ name: this.#file }, `names of more than ${MAX_NAMES} characters`)
    this.tensors.push({ ...tensor, name })
  }

  value(name: string, node: PickleNode): void {
    const { kind } = node
    const simple = kind === 'int' || kind === 'float' || kind === 'bool' || kind === 'text'
    if (simple && name !== '' && this.values.length < MAX_METADATA) this.values.push({ name, node })
  }
}

function roleOf(role: TensorInfo['role'], { parameter }: TorchTensor): Pick<NamedTensor, 'role'> {
  if (role === 'optimizer') return { role }
  if (parameter) return { role: 'parameter' }
  return role ? { role } : {}
}

function join(above: string, step: string): string {
  return above === '' ? step : `${above}.${step}`
}

function stateOf({ state }: TorchTensor, { name, depth, role }: Visit): Visit[] {
  return state?.kind === 'dict' ? keyed(state.entries, { node: state, name, depth, role }) : []
}

function childrenOf(visit: Visit): Visit[] {
  const { node } = visit
  if (node.kind === 'dict') return keyed(node.entries, visit)
  if (node.kind === 'list' || node.kind === 'tuple' || node.kind === 'set') return listed(node.items, visit)
  return node.kind === 'call' ? ofCall(node, visit) : []
}

/** Whether tensors can be below a node: of numbers and texts there may be millions. */
function isInner({ kind }: PickleNode): boolean {
  return INNER.has(kind)
}

function listed(items: readonly PickleNode[], { name, depth, role }: Visit): Visit[] {
  const visits: Visit[] = []
  for (const [i, node] of items.entries())
    if (isInner(node)) visits.push({ node, name: join(name, String(i)), depth: depth + 1, role })
  return visits
}

function keyed(entries: readonly (readonly [PickleNode, PickleNode])[], above: Visit): Visit[] {
  const visits: Visit[] = []
  const simple = entries.length <= MAX_METADATA
  for (const [i, [key, node]] of entries.entries()) {
    if (!simple && !isInner(node)) continue
    const step = textOf(key) ?? integerOf(key)?.toString() ?? `{${i}}`
    visits.push({ node, name: join(above.name, step), depth: above.depth + 1, role: stepRole(step, above) })
  }
  return visits
}

function stepRole(step: string, { name, role }: Visit): TensorInfo['role'] {
  return name === '' && OPTIMIZER.test(step) ? 'optimizer' : role
}

/** A dictionary or list of a class of its own (OrderedDict), a module, or any other object. */
function ofCall(call: PickleCall, visit: Visit): Visit[] {
  const visits = [...keyed(call.entries, visit), ...listed(call.items, visit)]
  for (const [attribute, node] of attributesOf(call)) {
    const { name, depth } = visit
    // Versions of modules, which every state dict carries.
    if (attribute === '_metadata' && isDictionary(call)) continue
    if (!MODULE_PARTS.has(attribute)) {
      visits.push({ node, name: join(name, attribute), depth: depth + 1, role: stepRole(attribute, visit) })
      continue
    }
    const role = visit.role ?? MODULE_PARTS.get(attribute)
    const inside = { node, name, depth: depth + 1, role: attribute === '_modules' ? visit.role : role }
    visits.push(...childrenOf(inside))
  }
  for (const state of call.states) {
    // Dictionaries in a tuple are attributes and slots.
    if (state.kind === 'list' || state.kind === 'tuple')
      visits.push(...listed(state.items, visit).filter(({ node }) => node.kind !== 'dict'))
  }
  if (call.args.kind === 'tuple' && !isDictionary(call)) visits.push(...listed(call.args.items, visit))
  return visits
}

function isDictionary(call: PickleCall): boolean {
  const global = classOf(call)
  return global !== undefined && nameOf(global).module === 'collections'
}
