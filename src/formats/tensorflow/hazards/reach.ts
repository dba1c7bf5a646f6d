import { nodeOf } from '../graphdef/names.ts'
import type { TensorflowNode } from '../graphdef/node.ts'
import { calledBy, type IndexedGraph } from './index-graph.ts'

/** What runs for some nodes of the main graph. */
export interface Reach {
  readonly nodes: ReadonlySet<string>
  /** All nodes of a function that is called count as run. */
  readonly functions: ReadonlySet<string>
}

/** Follows inputs, and the functions that nodes call. `roots` are names of nodes or of their tensors. */
export function reachFrom({ main, functions }: IndexedGraph, roots: Iterable<string>): Reach {
  const nodes = new Set<string>()
  const called = new Set<string>()
  const pending: TensorflowNode[] = []
  const visit = (name: string) => {
    const node = main.nodes.get(nodeOf(name))
    if (!node || nodes.has(node.name)) return
    nodes.add(node.name)
    pending.push(node)
  }
  for (const root of roots) visit(root)
  while (pending.length > 0) {
    const node = pending.pop()!
    if (main.nodes.get(node.name) === node) for (const input of node.inputs) visit(input)
    for (const name of calledBy(node, functions)) {
      if (called.has(name)) continue
      called.add(name)
      for (const inner of functions.get(name)!.all) pending.push(inner)
    }
  }
  return { nodes, functions: called }
}
