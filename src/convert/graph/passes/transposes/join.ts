import type { Graph, Node } from '../graph.ts'
import { composed, orderOf } from '../read.ts'

/** Of two Transposes in a row, the second does the work of both. */
export function joinTransposes(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    const first = isTranspose(node) ? graph.maker(node.inputs[0]!) : undefined
    if (!first || !isTranspose(first)) continue
    const rank = graph.typeOf(first.inputs[0]!)?.shape?.length
    const orders = [orderOf(first, rank), orderOf(node, rank)] as const
    if (!orders[0] || !orders[1]) continue
    node.attributes = { perm: { ints: composed(orders[0], orders[1]) } }
    graph.setInput(node, 0, first.inputs[0]!)
    if (!graph.isUsed(first.outputs[0]!)) graph.remove(first)
  }
}

const isTranspose = ({ op, domain }: Node) => op === 'Transpose' && domain === ''
