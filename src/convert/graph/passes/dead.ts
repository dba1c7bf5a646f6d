import type { Graph } from './graph.ts'

/** Nodes of which nothing is used go, the last first. */
export function removeDead(graph: Graph): void {
  const open = [...graph.nodes]
  while (open.length > 0) {
    const node = open.pop()!
    if (!graph.nodes.has(node) || node.outputs.some(output => output !== '' && graph.isUsed(output))) continue
    const needs = [...node.inputs, ...node.captured].flatMap(input => graph.maker(input) ?? [])
    graph.remove(node)
    open.push(...needs)
  }
}
