import type { Graph, Node } from './graph.ts'
import { bypass } from './identities.ts'
import { intOf } from './read.ts'

const POOLS: Readonly<Record<string, string>> = {
  ReduceMean: 'GlobalAveragePool',
  ReduceMax: 'GlobalMaxPool',
}

/**
 * The mean of all that an image has in a channel is a pool: ONNX Runtime keeps images in blocks of channels through
 * pools, and puts them back for reductions.
 */
export function poolMeans(graph: Graph): void {
  for (const node of [...graph.nodes]) {
    if (node.domain !== '' || !Object.hasOwn(POOLS, node.op) || !isOverImage(graph, node)) continue
    const kept = intOf(node, 'keepdims', 1) !== 0
    if (!kept && !widenUsers(graph, node)) continue
    node.op = POOLS[node.op]!
    node.attributes = {}
    graph.setInputs(node, node.inputs.slice(0, 1))
  }
}

/** Over all axes but the first two. */
function isOverImage(graph: Graph, node: Node): boolean {
  const type = graph.typeOf(node.inputs[0]!)
  const axes = graph.world.integers(node.inputs[1])
  const rank = type?.shape?.length
  if (type?.dtype !== 'float32' || rank === undefined || rank < 3 || !axes || axes.length !== rank - 2)
    return false
  const counted = new Set(axes.map(axis => (axis < 0 ? axis + rank : axis)))
  return counted.size === axes.length && !counted.has(0) && !counted.has(1)
}

/** Where what takes a reduction only gives the axes back, that is no longer needed. */
function widenUsers(graph: Graph, node: Node): boolean {
  const [output] = node.outputs as [string]
  const { dtype, shape } = graph.typeOf(node.inputs[0]!)!
  const wide = shape!.map((size, i) => (i < 2 ? size : 1))
  const users = [...graph.users(output)]
  if (graph.isPinned(output) || users.length === 0 || !users.every(user => gives(graph, user, wide)))
    return false
  graph.world.types.set(output, { dtype, shape: wide })
  for (const user of users) bypass(graph, user)
  return true
}

/** Reshape and Unsqueeze keep the elements' order, so the sizes say what they do. */
function gives(graph: Graph, { op, domain, outputs }: Node, shape: readonly unknown[]): boolean {
  if (domain !== '' || (op !== 'Reshape' && op !== 'Unsqueeze')) return false
  const given = graph.typeOf(outputs[0]!)?.shape
  return given?.length === shape.length && given.every((size, i) => size !== null && size === shape[i])
}
