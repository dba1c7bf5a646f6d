import { nodeOf } from '../graphdef/names.ts'
import type { TensorflowNode } from '../graphdef/node.ts'
import type { Container, IndexedGraph } from './index-graph.ts'

/** Where a path comes from. */
export type Origin =
  /** A file of the model's own assets. */
  | { readonly kind: 'asset' }
  /** What is given to the saver. */
  | { readonly kind: 'saver' }
  | { readonly kind: 'constant'; readonly text: string }
  /** What is given to the model, or computed. */
  | { readonly kind: 'input' | 'unknown'; readonly node: string }

export interface OriginNames {
  /** Nodes that get the paths of assets. */
  readonly assets: ReadonlySet<string>
  /** The node that gets the saver's path. */
  readonly saver: string
  /** Nodes that the saver reads from a checkpoint, or writes: what is assigned to them is not all that they hold. */
  readonly restored: ReadonlySet<string>
}

/** Steps of one search; a saver's path is some ten nodes away, over hundreds of callers at most. */
const MAX_STEPS = 5000

/** Ops that hand on what they get, or make one path of several: which inputs. */
const PASSING: ReadonlyMap<string, 'all' | 'first' | 'branches'> = new Map([
  ['Identity', 'first'],
  ['ReadVariableOp', 'first'],
  ['ShardedFilename', 'first'],
  ['ShardedFilespec', 'first'],
  ['StringJoin', 'all'],
  ['Pack', 'all'],
  ['Select', 'branches'],
  ['SelectV2', 'branches'],
  ['PlaceholderWithDefault', 'first'],
  ['Reshape', 'first'],
  ['ExpandDims', 'first'],
] as const)

/** All ends that an input of a node leads back to. */
export function originsOf(
  graph: IndexedGraph,
  names: OriginNames,
  start: Container,
  input: string | undefined,
): readonly Origin[] {
  const origins: Origin[] = []
  const seen = new Set<string>()
  const pending: { container: Container; input: string }[] = []
  const follow = (container: Container, ref: string | undefined) => {
    const key = JSON.stringify([container.name, ref])
    if (ref === undefined || ref.startsWith('^') || seen.has(key)) return
    seen.add(key)
    pending.push({ container, input: ref })
  }
  follow(start, input)
  for (let steps = 0; pending.length > 0; steps++) {
    const { container, input: ref } = pending.pop()!
    const name = nodeOf(ref)
    const node = container.nodes.get(name)
    const argument = node ? undefined : container.inputs.get(name)
    if (steps >= MAX_STEPS) return [{ kind: 'unknown', node: name }]
    if (argument !== undefined) {
      const calls = graph.calls.get(container.name) ?? []
      if (calls.length === 0) origins.push({ kind: 'input', node: name })
      for (const call of calls) follow(call.container, call.node.inputs[argument])
    } else origins.push(...endOf(graph, names, container, node, name, follow))
  }
  return origins
}

function endOf(
  graph: IndexedGraph,
  names: OriginNames,
  container: Container,
  node: TensorflowNode | undefined,
  name: string,
  follow: (container: Container, ref: string | undefined) => void,
): Origin[] {
  if (!node) return [{ kind: 'unknown', node: name }]
  const isMain = container === graph.main
  if (isMain && names.assets.has(name)) return [{ kind: 'asset' }]
  if (isMain && names.saver === name) return [{ kind: 'saver' }]
  const passing = PASSING.get(node.op)
  if (passing) {
    const inputs = node.inputs.filter(input => !input.startsWith('^'))
    const followed =
      passing === 'all' ? inputs : passing === 'first' ? inputs.slice(0, 1) : inputs.slice(1, 3)
    for (const input of followed) follow(container, input)
    const separator = node.op === 'StringJoin' ? node.attributes.get('separator') : undefined
    return separator ? [{ kind: 'constant', text: String(separator) }] : []
  }
  if (node.op === 'Const') return constantEnds(node)
  const assigned = isMain && !names.restored.has(name) ? graph.assigned.get(name) : undefined
  if (!assigned) return [{ kind: node.op.startsWith('Placeholder') ? 'input' : 'unknown', node: name }]
  for (const { inputs } of assigned) follow(container, inputs[1])
  return []
}

function constantEnds({ name, texts }: TensorflowNode): Origin[] {
  return texts?.map(text => ({ kind: 'constant', text })) ?? [{ kind: 'unknown', node: name }]
}
