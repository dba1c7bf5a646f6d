import { intOf } from '../../read.ts'
import { canTurn, oneInput, outputsOf, turnConstant, turnOne, withAttributes } from './operands.ts'
import type { Carrier } from './types.ts'

/** What is computed along the axis that an attribute names. */
export function along(otherwise: number): Carrier {
  return {
    carried: (node, turn) => oneInput(node, turn, outputsOf(node)),
    turn(node, turn) {
      const rank = turn.graph.typeOf(node.inputs[0]!)!.shape!.length
      turnOne(node, turn)
      withAttributes(node, { axis: { int: turn.axis(intOf(node, 'axis', otherwise), rank) } })
    },
  }
}

export const concat: Carrier = {
  carried(node, turn) {
    const rank = turn.graph.typeOf(node.outputs[0]!)?.shape?.length
    if (rank === undefined || !turn.order(rank)) return undefined
    const { world } = turn.graph
    const constants = node.inputs.filter(input => world.isConstant(input))
    if (!constants.every(input => canTurn(input, turn))) return undefined
    const inputs = node.inputs.flatMap((input, i) => (world.isConstant(input) ? [] : [i]))
    return { inputs, outputs: [0] }
  },
  turn(node, turn) {
    const rank = turn.graph.typeOf(node.outputs[0]!)!.shape!.length
    for (const i of node.inputs.keys()) turnConstant(node, i, turn)
    withAttributes(node, { axis: { int: turn.axis(intOf(node, 'axis', 0), rank) } })
  },
}

/** The axis is a constant input. */
export const cumulative: Carrier = {
  carried: (node, turn) => (turn.graph.world.integers(node.inputs[1]) ? oneInput(node, turn) : undefined),
  turn(node, turn) {
    const { graph } = turn
    const { shape } = graph.world.constant(node.inputs[1]!)!
    const [axis] = graph.world.integers(node.inputs[1])!
    const rank = graph.typeOf(node.inputs[0]!)!.shape!.length
    turnOne(node, turn)
    graph.setInput(node, 1, graph.world.ints([turn.axis(axis!, rank)], shape))
  },
}
