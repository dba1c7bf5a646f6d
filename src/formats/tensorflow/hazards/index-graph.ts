import type { TensorflowGraph } from '../graphdef/graph.ts'
import { nodeOf } from '../graphdef/names.ts'
import type { TensorflowNode } from '../graphdef/node.ts'

/** The main graph ('') or a function, with what is looked up in it. */
export interface Container {
  readonly name: string
  /** All of them, even under one name. */
  readonly all: readonly TensorflowNode[]
  readonly nodes: ReadonlyMap<string, TensorflowNode>
  /** Arguments of a function, by name. */
  readonly inputs: ReadonlyMap<string, number>
}

/** A node that calls a function. */
export interface Call {
  readonly container: Container
  readonly node: TensorflowNode
}

export interface IndexedGraph {
  readonly main: Container
  /** The main graph, and every function, even under one name. */
  readonly containers: readonly Container[]
  readonly functions: ReadonlyMap<string, Container>
  readonly calls: ReadonlyMap<string, readonly Call[]>
  /** What is assigned to a variable of the main graph. */
  readonly assigned: ReadonlyMap<string, readonly TensorflowNode[]>
}

export function indexGraph({ nodes, functions }: TensorflowGraph): IndexedGraph {
  const main = containerOf('', nodes, [])
  const containers = [main, ...functions.map(one => containerOf(one.name, one.nodes, one.inputs))]
  const byName = new Map(containers.slice(1).map(one => [one.name, one]))
  const calls = new Map<string, Call[]>()
  const assigned = new Map<string, TensorflowNode[]>()
  for (const container of containers)
    for (const node of container.all)
      for (const called of calledBy(node, byName)) push(calls, called, { container, node })
  for (const node of nodes)
    if (node.op === 'AssignVariableOp' || node.op === 'Assign')
      push(assigned, nodeOf(node.inputs[0] ?? ''), node)
  return { main, containers, functions: byName, calls, assigned }
}

/** Functions that a node names, or that it is. */
export function calledBy(
  { op, functions }: TensorflowNode,
  known: ReadonlyMap<string, unknown>,
): readonly string[] {
  const named = functions.filter(name => known.has(name))
  return known.has(op) ? [...named, op] : named
}

function containerOf(name: string, nodes: readonly TensorflowNode[], inputs: readonly string[]): Container {
  return {
    name,
    all: nodes,
    nodes: new Map(nodes.map(node => [node.name, node])),
    inputs: new Map(inputs.map((input, i) => [input, i])),
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
