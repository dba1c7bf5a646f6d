import type { Node } from '../../graph.ts'
import type { Turn } from '../turn.ts'
import { oneInput, turnOne } from './operands.ts'
import type { Carrier } from './types.ts'

/** Puts numbers of a constant input, one for each axis, into the order of the axes. */
function permuteInput(node: Node, at: number, turn: Turn, runs = 1): void {
  const { world } = turn.graph
  const given = world.integers(node.inputs[at])!
  const rank = given.length / runs
  const order = turn.order(rank)!
  const turned = Array.from({ length: runs }, (_, run) => order.map(axis => given[run * rank + axis]!)).flat()
  turn.graph.setInput(node, at, world.ints(turned))
}

/** Names of axes in a constant input; the first `count` ones where it is absent. */
function turnAxes(node: Node, at: number, turn: Turn, rank: number, count: number): void {
  const { world } = turn.graph
  const axes = world.integers(node.inputs[at]) ?? Array.from({ length: count }, (_, i) => i)
  const inputs = [...node.inputs]
  while (inputs.length <= at) inputs.push('')
  inputs[at] = world.ints(axes.map(axis => turn.axis(axis, rank)))
  turn.graph.setInputs(node, inputs)
}

const rankOf = (node: Node, turn: Turn) => turn.graph.typeOf(node.inputs[0]!)!.shape!.length

/** How many numbers an input in one axis has. */
function countOf(node: Node, at: number, turn: Turn): number | undefined {
  const [size] = turn.graph.typeOf(node.inputs[at] ?? '')?.shape ?? []
  return typeof size === 'number' ? size : undefined
}

/** Amounts before and after each axis, or each that a fourth input names. */
export const padding: Carrier = {
  carried(node, turn) {
    const { world } = turn.graph
    const rank = turn.graph.typeOf(node.inputs[0]!)?.shape?.length ?? 0
    const fits = node.inputs[3]
      ? world.integers(node.inputs[3]) !== undefined
      : world.integers(node.inputs[1])?.length === 2 * rank
    return fits ? oneInput(node, turn) : undefined
  },
  turn(node, turn) {
    const rank = rankOf(node, turn)
    turnOne(node, turn)
    if (node.inputs[3]) turnAxes(node, 3, turn, rank, 0)
    else permuteInput(node, 1, turn, 2)
  },
}

/** Starts, ends, axes, steps. */
export const slicing: Carrier = {
  carried(node, turn) {
    const fits = node.inputs[3] ? turn.graph.world.integers(node.inputs[3]) : countOf(node, 1, turn)
    return fits === undefined ? undefined : oneInput(node, turn)
  },
  turn(node, turn) {
    const rank = rankOf(node, turn)
    turnOne(node, turn)
    turnAxes(node, 3, turn, rank, countOf(node, 1, turn) ?? 0)
  },
}

/** A number for each axis: repeats of Tile, sizes of Expand. */
export const eachAxis: Carrier = {
  carried(node, turn) {
    const rank = turn.graph.typeOf(node.inputs[0]!)?.shape?.length
    return turn.graph.world.integers(node.inputs[1])?.length === rank ? oneInput(node, turn) : undefined
  },
  turn(node, turn) {
    turnOne(node, turn)
    permuteInput(node, 1, turn)
  },
}
