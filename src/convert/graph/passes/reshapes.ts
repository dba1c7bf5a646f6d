import { keepsOrder } from '../permute.ts'
import type { Shape } from '../types.ts'
import type { Graph, Node } from './graph.ts'
import { orderOf } from './read.ts'

/** What only says where axes begin and end. */
const RESHAPING = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'])

/** Of two reshapes in a row, the second does the work of both. */
export function joinReshapes(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    if (!isReshape(graph, node)) continue
    const first = graph.maker(node.inputs[0]!)
    if (!first || !isReshape(graph, first)) continue
    const [from, to] = [graph.typeOf(first.inputs[0]!)?.shape, graph.typeOf(node.outputs[0]!)?.shape]
    const target = from && to && targetOf(from, to)
    if (!target) continue
    node.op = 'Reshape'
    node.attributes = {}
    graph.setInputs(node, [first.inputs[0]!, graph.world.ints(target)])
    if (!graph.isUsed(first.outputs[0]!)) graph.remove(first)
  }
}

function isReshape(graph: Graph, node: Node): boolean {
  if (node.domain !== '') return false
  if (RESHAPING.has(node.op)) return true
  if (node.op !== 'Transpose') return false
  const shape = graph.typeOf(node.inputs[0]!)?.shape
  const order = shape && orderOf(node, shape.length)
  return order !== undefined && keepsOrder(shape!, order)
}

/**
 * What Reshape takes to make a tensor of shape `from` one of shape `to`: 0 where the free axis stands at the same place,
 * −1 for one that does not. Undefined where there are more of them.
 */
export function targetOf(from: Shape, to: Shape): readonly number[] | undefined {
  let left = 0
  const target = to.map((size, i) => {
    if (typeof size === 'number') return size
    if (size !== null && from[i] === size) return 0
    left++
    return -1
  })
  return left > 1 || to.includes(0) ? undefined : target
}
