import type { Node } from '../../graph.ts'
import { intOf } from '../../read.ts'
import type { Turn } from '../turn.ts'
import { withAttributes } from './operands.ts'
import type { Carried, Carrier } from './types.ts'

/** Axes of the input that are gone from the output, or have one element there. */
type Axes = (node: Node, turn: Turn) => readonly number[] | undefined

const rankOf = (node: Node, turn: Turn) => turn.graph.typeOf(node.inputs[0]!)?.shape?.length

/** Without the axes, what is left lies as tensors of its rank do, or has one layout. */
function lost(node: Node, turn: Turn, axes: readonly number[] | undefined): Carried | undefined {
  const rank = rankOf(node, turn)
  if (rank === undefined || !axes || !turn.order(rank) || turn.graph.world.isConstant(node.inputs[0]!))
    return undefined
  const left = turn.without(
    axes.map(axis => (axis < 0 ? axis + rank : axis)),
    rank,
  )
  return left && { inputs: [0], outputs: left === 'carried' ? [0] : [] }
}

function kept(node: Node, turn: Turn): Carried | undefined {
  const [x] = node.inputs
  return turn.orderOf(x!) && !turn.graph.world.isConstant(x!) ? { inputs: [0], outputs: [0] } : undefined
}

/** All axes where no input names any. */
const constantAxes: Axes = (node, turn) => {
  if (node.inputs[1]) {
    const axes = turn.graph.world.integers(node.inputs[1])
    return axes?.length === 0 ? allAxes(node, turn) : axes
  }
  return allAxes(node, turn)
}

const allAxes: Axes = (node, turn) => {
  if (intOf(node, 'noop_with_empty_axes', 0) !== 0) return undefined
  return Array.from({ length: rankOf(node, turn) ?? 0 }, (_, i) => i)
}

function turnAxesInput(node: Node, turn: Turn, rank: number): void {
  const axes = turn.graph.world.integers(node.inputs[1])
  if (!axes || axes.length === 0) return
  turn.graph.setInput(node, 1, turn.graph.world.ints(axes.map(axis => turn.axis(axis, rank))))
}

export const reducing: Carrier = {
  carried(node, turn) {
    const axes = constantAxes(node, turn)
    if (!axes) return undefined
    return intOf(node, 'keepdims', 1) !== 0 ? kept(node, turn) : lost(node, turn, axes)
  },
  turn: (node, turn) => turnAxesInput(node, turn, rankOf(node, turn)!),
}

/** ArgMax and ArgMin: one axis, of an attribute. */
export const selecting: Carrier = {
  carried: (node, turn) =>
    intOf(node, 'keepdims', 1) !== 0 ? kept(node, turn) : lost(node, turn, [intOf(node, 'axis', 0)]),
  turn(node, turn) {
    withAttributes(node, { axis: { int: turn.axis(intOf(node, 'axis', 0), rankOf(node, turn)!) } })
  },
}

export const squeezing: Carrier = {
  carried(node, turn) {
    const axes = turn.graph.world.integers(node.inputs[1])
    return lost(node, turn, axes)
  },
  turn: (node, turn) => turnAxesInput(node, turn, rankOf(node, turn)!),
}

/** As a Squeeze read backwards: its input has lost the axes of its output. */
export const unsqueezing: Carrier = {
  carried(node, turn) {
    const rank = turn.graph.typeOf(node.outputs[0]!)?.shape?.length
    const axes = turn.graph.world.integers(node.inputs[1])
    if (rank === undefined || !axes || turn.graph.world.isConstant(node.inputs[0]!)) return undefined
    const left = turn.without(
      axes.map(axis => (axis < 0 ? axis + rank : axis)),
      rank,
    )
    return left && { inputs: left === 'carried' ? [0] : [], outputs: [0] }
  },
  turn: (node, turn) => turnAxesInput(node, turn, turn.graph.typeOf(node.outputs[0]!)!.shape!.length),
}
