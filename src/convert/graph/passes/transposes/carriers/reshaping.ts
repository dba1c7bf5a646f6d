import { keepsOrder } from '../../../permute.ts'
import type { Shape } from '../../../types.ts'
import type { Node } from '../../graph.ts'
import { intOf } from '../../read.ts'
import { targetOf } from '../../reshapes.ts'
import { boundsOf } from '../../shapes.ts'
import type { Turn } from '../turn.ts'
import { withAttributes } from './operands.ts'
import type { Carried, Carrier } from './types.ts'

/** Whether a tensor's elements stay in order when it is turned: `[N, 1, 1, C]`. */
function isLoose(value: string, turn: Turn): boolean {
  const shape = turn.graph.typeOf(value)?.shape
  const order = turn.orderOf(value)
  return shape !== undefined && order !== undefined && keepsOrder(shape, order)
}

function turned(value: string, turn: Turn, carried: boolean): Shape {
  const { shape } = turn.graph.typeOf(value)!
  return carried ? turn.orderOf(value)!.map(axis => shape![axis]!) : shape!
}

/** The target that reshapes what is turned into what is turned. */
function target({ inputs: [x], outputs: [y] }: Node, turn: Turn, carried: Carried) {
  return targetOf(turned(x!, turn, carried.inputs.length > 0), turned(y!, turn, carried.outputs.length > 0))
}

/** Reshape, Flatten: tensors of which the elements stay in order may lie either way. */
export const reshaping: Carrier = {
  carried(node, turn) {
    const [x, y] = [node.inputs[0]!, node.outputs[0]!]
    if (turn.graph.world.isConstant(x) || !turn.graph.typeOf(x)?.shape || !turn.graph.typeOf(y)?.shape)
      return undefined
    const carried = { inputs: isLoose(x, turn) ? [0] : [], outputs: isLoose(y, turn) ? [0] : [] }
    if (carried.inputs.length + carried.outputs.length === 0) return undefined
    return target(node, turn, carried) && carried
  },
  turn(node, turn) {
    const carried = {
      inputs: isLoose(node.inputs[0]!, turn) ? [0] : [],
      outputs: isLoose(node.outputs[0]!, turn) ? [0] : [],
    }
    const sizes = target(node, turn, carried)!
    node.op = 'Reshape'
    node.attributes = {}
    turn.graph.setInputs(node, [node.inputs[0]!, turn.graph.world.ints(sizes)])
  },
}

/** Where the axes of which a Shape tells stand once its input is turned; undefined where they no longer stand together. */
function turnedBounds(node: Node, order: readonly number[]): readonly [number, number] | undefined {
  const [start, end] = boundsOf(node, order.length)
  const places = order.slice(start, end).map((_, i) => order.indexOf(start + i))
  if (places.some((at, i) => at !== places[0]! + i)) return undefined
  return places.length === 0 ? [0, 0] : [places[0]!, places[0]! + places.length]
}

/** Sizes of axes that stand side by side either way. */
export const shapes: Carrier = {
  carried(node, turn) {
    const [x] = node.inputs
    const order = turn.orderOf(x!)
    if (!order || turn.graph.world.isConstant(x!)) return undefined
    return turnedBounds(node, order) && { inputs: [0], outputs: [] }
  },
  turn(node, turn) {
    const [start, end] = turnedBounds(node, turn.orderOf(node.inputs[0]!)!)!
    node.attributes = { start: { int: start }, end: { int: end } }
  },
}

/** Some places along an axis; one place leaves the axis out. */
export const gathering: Carrier = {
  carried(node, turn) {
    const [x, indices] = node.inputs as [string, string]
    const order = turn.orderOf(x)
    const places = turn.graph.typeOf(indices)?.shape?.length
    if (!order || turn.graph.world.isConstant(x) || places === undefined || places > 1) return undefined
    if (places === 1) return { inputs: [0], outputs: [0] }
    const axis = intOf(node, 'axis', 0)
    const left = turn.without([axis < 0 ? axis + order.length : axis], order.length)
    return left && { inputs: [0], outputs: left === 'carried' ? [0] : [] }
  },
  turn(node, turn) {
    const rank = turn.graph.typeOf(node.inputs[0]!)!.shape!.length
    withAttributes(node, { axis: { int: turn.axis(intOf(node, 'axis', 0), rank) } })
  },
}
