import type { Graph, Node } from './graph.ts'

/** Identity goes; names of inputs and outputs of a graph stay. */
export function removeIdentities(graph: Graph): void {
  for (const node of [...graph.nodes]) if (node.op === 'Identity' && node.domain === '') bypass(graph, node)
}

/** Users of a node's output take its input instead, and the node goes, where names allow that. */
export function bypass(graph: Graph, node: Node): void {
  const [[input], [output]] = [node.inputs as [string], node.outputs as [string]]
  graph.replace(output, input)
  if (!graph.isPinned(output)) {
    graph.remove(node)
    return
  }
  if (node.op !== 'Identity' && !becomeIdentity(graph, node)) return
  const maker = graph.maker(input)
  // The output's maker gives it its name; what another output or a body sees keeps its own.
  if (!maker || graph.isPinned(input) || node.domain !== '') return
  graph.remove(node)
  graph.setOutput(maker, maker.outputs.indexOf(input), output, undefined)
  graph.replace(input, output)
}

/** What does nothing, and must stay for an output's name. */
function becomeIdentity(graph: Graph, node: Node): boolean {
  if (node.outputs.length !== 1) return false
  node.op = 'Identity'
  node.attributes = {}
  graph.setInputs(node, node.inputs.slice(0, 1))
  return true
}
