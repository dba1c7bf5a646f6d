import { isStatic } from '../../../formats/index.ts'
import type { Graph, Node } from './graph.ts'
import { orderOf } from './read.ts'

/** What moves the elements of a constant becomes another constant, of which elements are read when they are written. */
export function moveConstants(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    const [[input], [output]] = [node.inputs, node.outputs]
    if (node.domain !== '' || !input || !output || !graph.world.isConstant(input)) continue
    if (graph.isPinned(output)) continue
    const moved = movedBy(graph, node, input, output)
    if (moved === undefined) continue
    graph.replace(output, moved)
    graph.remove(node)
  }
}

const RESHAPING = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity'])

function movedBy({ world }: Graph, node: Node, input: string, output: string): string | undefined {
  const { dtype, shape: from } = world.constant(input)!
  if (node.op === 'Transpose') {
    const order = orderOf(node, from.length)!
    if (order.length !== from.length || dtype === 'string' || !world.isPermutable(input, order))
      return undefined
    return world.permuted(input, order)
  }
  const shape = world.types.get(output)?.shape
  return RESHAPING.has(node.op) && isStatic(shape) ? world.reshaped(input, shape) : undefined
}
