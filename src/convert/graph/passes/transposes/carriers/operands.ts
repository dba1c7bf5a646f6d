import type { Node } from '../../graph.ts'
import type { Turn } from '../turn.ts'
import type { Carried } from './types.ts'

/** One data input and the outputs that lie as it does. A constant is none, and is turned itself. */
export function oneInput(node: Node, turn: Turn, outputs: readonly number[] = [0]): Carried | undefined {
  const [x] = node.inputs
  if (!x || !turn.orderOf(x)) return undefined
  if (!turn.graph.world.isConstant(x)) return { inputs: [0], outputs }
  return canTurn(x, turn) ? { inputs: [], outputs } : undefined
}

export function turnOne(node: Node, turn: Turn): void {
  turnConstant(node, 0, turn)
}

export function canTurn(name: string, turn: Turn, rank?: number): boolean {
  const { world } = turn.graph
  const { shape, dtype } = world.constant(name)!
  const order = turn.order(rank ?? shape.length)
  if (!order || shape.length > order.length) return false
  return dtype !== 'string' && world.isPermutable(name, order, widened(shape, order.length))
}

/** Of `rank` axes, as broadcasting sees a constant of fewer. */
export function turnConstant(node: Node, at: number, turn: Turn, rank?: number): void {
  const { graph } = turn
  const name = node.inputs[at]!
  const tensor = graph.world.constant(name)
  if (!tensor) return
  const order = turn.order(rank ?? tensor.shape.length)!
  graph.setInput(node, at, graph.world.permuted(name, order, widened(tensor.shape, order.length)))
}

function widened(shape: readonly number[], rank: number): readonly number[] {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape]
}

/** Outputs that somebody may ask for. */
export function outputsOf({ outputs }: Node): readonly number[] {
  return outputs.flatMap((output, i) => (output === '' ? [] : [i]))
}

export function withAttributes(node: Node, attributes: Node['attributes']): void {
  node.attributes = { ...node.attributes, ...attributes }
}
