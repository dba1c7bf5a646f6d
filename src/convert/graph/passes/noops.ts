import type { Shape } from '../types.ts'
import type { Graph, Node } from './graph.ts'
import { bypass } from './identities.ts'
import { isIdentity, isSame, orderOf } from './read.ts'

/** Nodes that give what they get go. */
export function removeNoops(graph: Graph): void {
  for (const node of [...graph.nodes])
    if (node.domain === '' && Object.hasOwn(NOOPS, node.op) && NOOPS[node.op]!(graph, node))
      bypass(graph, node)
}

type Check = (graph: Graph, node: Node) => boolean

/** The same sizes, every one told by a number or by its free axis' name. */
const sameShape: Check = (graph, { inputs: [x], outputs: [y] }) => {
  const [before, after] = [graph.typeOf(x!)?.shape, graph.typeOf(y!)?.shape]
  return before !== undefined && after !== undefined && isSame(before, after) && isTold(before)
}

const isTold = (shape: Shape) => shape.every(size => size !== null)

/** An input is a constant of which each element is `expected`. */
const every = (graph: Graph, name: string | undefined, expected: number) =>
  graph.world.integers(name)?.every(element => element === expected) ?? false

const single: Check = (_, { inputs, outputs }) => inputs.length === 1 && outputs.length === 1

const NOOPS: Readonly<Record<string, Check>> = {
  Cast: (graph, { inputs: [x], outputs: [y] }) => {
    const [from, to] = [graph.typeOf(x!)?.dtype, graph.typeOf(y!)?.dtype]
    return from !== undefined && from === to
  },
  Transpose: (graph, node) => {
    const order = orderOf(node, graph.typeOf(node.inputs[0]!)?.shape?.length)
    return order !== undefined && isIdentity(order)
  },
  Reshape: sameShape,
  Flatten: sameShape,
  Squeeze: sameShape,
  Unsqueeze: sameShape,
  Expand: sameShape,
  // Backwards it has the same shape, too.
  Slice: (graph, node) => sameShape(graph, node) && (!node.inputs[4] || every(graph, node.inputs[4], 1)),
  Pad: (graph, { inputs: [, pads] }) => every(graph, pads, 0),
  Tile: (graph, { inputs: [, repeats] }) => every(graph, repeats, 1),
  Dropout: (graph, { inputs: [, , training], outputs: [, mask] }) =>
    !training && !(mask && graph.isUsed(mask)),
  Concat: single,
  Sum: single,
  Min: single,
  Max: single,
  Mean: single,
}
