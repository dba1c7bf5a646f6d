import type { Graph, Node } from './graph.ts'
import { intOf } from './read.ts'

/** Of a Shape only the part that is asked for: that says of which axes a layout matters. */
export function narrowShapes(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    const shape = graph.maker(node.inputs[0] ?? '')
    if (node.domain !== '' || shape?.op !== 'Shape' || shape.domain !== '') continue
    const rank = graph.typeOf(shape.inputs[0]!)?.shape?.length
    if (rank === undefined) continue
    const [from, to] = boundsOf(shape, rank)
    if (node.op === 'Slice') narrowSlice(graph, node, shape, from, to)
    else if (node.op === 'Gather') narrowGather(graph, node, shape, from, to)
  }
}

/** The axes that a Shape tells, counted from 0. */
export function boundsOf(shape: Node, rank: number): readonly [number, number] {
  const within = (at: number) => Math.min(Math.max(at < 0 ? at + rank : at, 0), rank)
  const start = within(intOf(shape, 'start', 0))
  return [start, Math.max(start, within(intOf(shape, 'end', rank)))]
}

function narrowSlice(graph: Graph, node: Node, shape: Node, from: number, to: number): void {
  const [starts, ends, axes, steps] = node.inputs.slice(1).map(input => graph.world.integers(input))
  if (starts?.length !== 1 || ends?.length !== 1 || (node.inputs[3] && axes?.[0] !== 0 && axes?.[0] !== -1))
    return
  if (node.inputs[4] && steps?.[0] !== 1) return
  const count = to - from
  const within = (at: number) => Math.min(Math.max(at < 0 ? at + count : at, 0), count)
  const [first, last] = [within(starts[0]!), within(ends[0]!)]
  become(graph, node, shape, from + first, from + Math.max(first, last))
}

/** One size, without its axis: the Shape gives it with one. */
function narrowGather(graph: Graph, node: Node, shape: Node, from: number, to: number): void {
  const [index] = graph.world.integers(node.inputs[1]) ?? []
  const scalar = graph.typeOf(node.inputs[1] ?? '')?.shape?.length === 0
  if (!scalar || index === undefined || graph.users(shape.outputs[0]!).size > 1) return
  if (graph.isPinned(shape.outputs[0]!) || index < from - to || index >= to - from) return
  const at = index < 0 ? to + index : from + index
  shape.attributes = { start: { int: at }, end: { int: at + 1 } }
  graph.world.types.set(shape.outputs[0]!, { dtype: 'int64', shape: [1] })
  node.op = 'Squeeze'
  node.attributes = {}
  graph.setInputs(node, [shape.outputs[0]!, graph.world.ints([0])])
}

function become(graph: Graph, node: Node, shape: Node, start: number, end: number): void {
  node.op = 'Shape'
  node.attributes = { start: { int: start }, end: { int: end } }
  graph.setInputs(node, [shape.inputs[0]!])
}
