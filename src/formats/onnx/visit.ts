import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
} from './read/proto.ts'

/** What a walk over a model meets. Paths name where: `loop/body`, `function custom.Gelu`. */
export interface Visitor {
  /** Each graph and function, before what it holds. */
  scope?(scope: Scope): void
  graph?(graph: GraphProto, scope: Scope): void
  node?(node: NodeProto, scope: Scope): void
  /** A tensor of a node's attribute. */
  constant?(tensor: TensorProto, scope: Scope, node: string, attribute: string): void
  /** The same, of a sparse one. */
  sparseConstant?(tensor: SparseTensorProto, scope: Scope, node: string, attribute: string): void
}

export interface Scope {
  /** Empty for the main graph. */
  readonly path: string
  readonly kind: 'graph' | 'function' | 'training'
}

interface Pending {
  readonly scope: Scope
  readonly graph?: GraphProto
  readonly nodes: readonly NodeProto[]
  /** Defaults of a function's parameters. */
  readonly attributes?: readonly AttributeProto[]
}

/**
 * Visits the main graph, then subgraphs, functions and training graphs, each graph before what it holds.
 * Nothing is recursive; equal paths are told apart by `#2`, `#3` …
 */
export function visitModel(model: ModelProto, visitor: Visitor): void {
  const unique = uniqueNames()
  const pending = roots(model)
    .map(root => ({ ...root, scope: { ...root.scope, path: unique(root.scope.path) } }))
    .reverse()
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { scope, graph, nodes, attributes } = next
    visitor.scope?.(scope)
    if (graph) visitor.graph?.(graph, scope)
    const below: Pending[] = []
    for (const attribute of attributes ?? []) visitAttribute(attribute, '', next.scope, below)
    for (const node of nodes) {
      visitor.node?.(node, scope)
      for (const attribute of node.attributes)
        visitAttribute(attribute, node.name || node.outputs[0] || node.op, scope, below)
    }
    while (below.length > 0) pending.push(below.pop()!)
  }

  function visitAttribute(
    { name, value }: AttributeProto,
    node: string,
    scope: Scope,
    below: Pending[],
  ): void {
    if (value.kind === 'tensors')
      for (const tensor of value.tensors) visitor.constant?.(tensor, scope, node, name)
    else if (value.kind === 'sparse-tensors')
      for (const tensor of value.tensors) visitor.sparseConstant?.(tensor, scope, node, name)
    else if (value.kind === 'graphs')
      for (const graph of value.graphs) {
        const path = unique(pathOf(scope.path, node, name))
        below.push({ scope: { path, kind: scope.kind }, graph, nodes: graph.nodes })
      }
  }
}

/** Graphs nest, and a hostile model's names are long: of a path its end is kept. */
const MAX_PATH = 500

function pathOf(...parts: readonly string[]): string {
  const path = parts
    .filter(Boolean)
    .map(part => part.slice(0, MAX_PATH))
    .join('/')
  return path.length > MAX_PATH ? `…${path.slice(-MAX_PATH)}` : path
}

function roots({ graph, functions, training }: ModelProto): Pending[] {
  const trainingGraphs = training.flatMap(({ initialization, algorithm }, i) => [
    { path: `training ${i}/initialization`, graph: initialization },
    { path: `training ${i}/algorithm`, graph: algorithm },
  ])
  return [
    { scope: { path: '', kind: 'graph' }, graph, nodes: graph.nodes },
    ...functions.map(({ nodes, attributes, ...named }) => {
      const scope = { path: functionName(named), kind: 'function' } as const
      return { scope, nodes, attributes }
    }),
    ...trainingGraphs.flatMap(({ path, graph: part }) =>
      part ? [{ scope: { path, kind: 'training' } as const, graph: part, nodes: part.nodes }] : [],
    ),
  ]
}

/** `custom.domain::Gelu`, with its overload behind another `::`. */
export function functionName({
  domain,
  name,
  overload,
}: Record<'domain' | 'name' | 'overload', string>): string {
  return [domain || 'ai.onnx', name, ...(overload ? [overload] : [])].join('::')
}

/** Gives each name once: the second `a` becomes `a#2`. */
export function uniqueNames(): (name: string) => string {
  const taken = new Set<string>()
  const next = new Map<string, number>()
  return name => {
    let given = name
    for (let i = next.get(name) ?? 2; taken.has(given); i++) {
      given = `${name}#${i}`
      next.set(name, i + 1)
    }
    taken.add(given)
    return given
  }
}
