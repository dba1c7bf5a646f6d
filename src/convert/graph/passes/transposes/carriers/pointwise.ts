import type { Node } from '../../graph.ts'
import type { Turn } from '../turn.ts'
import { canTurn, oneInput, outputsOf, turnConstant, turnOne } from './operands.ts'
import type { Carried, Carrier } from './types.ts'

/** Each element by itself; other inputs are scalars. */
export const unary: Carrier = {
  carried: (node, turn) => oneInput(node, turn, outputsOf(node)),
  turn: turnOne,
}

/** Elements of several tensors that are broadcast to each other. */
export const broadcasting: Carrier = {
  carried(node, turn) {
    const rank = turn.graph.typeOf(node.outputs[0]!)?.shape?.length
    if (rank === undefined || !turn.order(rank)) return undefined
    const inputs: number[] = []
    for (const i of node.inputs.keys()) {
      const place = placeOf(node, i, rank, turn)
      if (place === undefined) return undefined
      if (place === 'carried') inputs.push(i)
    }
    return { inputs, outputs: [0] } satisfies Carried
  },
  turn(node, turn) {
    const rank = turn.graph.typeOf(node.outputs[0]!)!.shape!.length
    for (const [i, input] of node.inputs.entries())
      if (turn.graph.world.isConstant(input) && !isOne(input, turn)) turnConstant(node, i, turn, rank)
  },
}

function placeOf({ inputs }: Node, i: number, rank: number, turn: Turn): 'carried' | 'free' | undefined {
  const input = inputs[i]!
  if (input === '' || isOne(input, turn)) return 'free'
  if (turn.graph.world.isConstant(input)) return canTurn(input, turn, rank) ? 'free' : undefined
  return turn.graph.typeOf(input)?.shape?.length === rank ? 'carried' : undefined
}

/** One element, and no more axes than others have: it lies in any layout. */
function isOne(input: string, { graph }: Turn): boolean {
  const shape = graph.typeOf(input)?.shape
  return shape?.every(size => size === 1) === true && (shape.length < 2 || graph.world.isConstant(input))
}

/** Scales are of the whole tensor, or of each place along an axis. */
export const quantizing: Carrier = {
  carried(node, turn) {
    const scale = turn.graph.typeOf(node.inputs[1] ?? '')?.shape
    if (!scale || scale.length > 1 || node.attributes['block_size']) return undefined
    return oneInput(node, turn)
  },
  turn(node, turn) {
    const rank = turn.graph.typeOf(node.inputs[0]!)!.shape!.length
    turnOne(node, turn)
    if (turn.graph.typeOf(node.inputs[1]!)!.shape!.length === 0) return
    const axis = node.attributes['axis']
    const at = turn.axis(axis && 'int' in axis ? Number(axis.int) : 1, rank)
    node.attributes = { ...node.attributes, axis: { int: at } }
  },
}
