import type { Node } from '../world/types.ts'
import type { World } from '../world/world.ts'
import { floatOf, intsOf, shapeOf, textOf, uniformOf } from './read.ts'

/** Zeros around a Conv's input are the Conv's own padding. */
export function joinPads(world: World): void {
  for (const node of world.each('Conv')) {
    const pad = world.soleMaker(node.inputs[0], node)
    if (pad?.op !== 'Pad' || pad.domain !== '') continue
    const rank = shapeOf(world, node.inputs[1])?.length
    const amounts = rank === undefined ? undefined : zerosOf(world, pad, rank)
    if (!amounts || textOf(node, 'auto_pad', 'NOTSET') !== 'NOTSET') continue
    const own = intsOf(node, 'pads') ?? amounts.map(() => 0)
    if (own.length !== amounts.length) continue
    const pads = { ints: amounts.map((amount, i) => amount + own[i]!) }
    const { inputs, outputs } = node
    world.remove(node)
    world.remove(pad)
    world.add({
      op: 'Conv',
      inputs: inputs.with(0, pad.inputs[0]!),
      outputs,
      attributes: { ...node.attributes, pads },
      like: node,
    })
  }
}

/** Begins and ends of the spatial axes; undefined where others are padded, or with something else than 0. */
function zerosOf(world: World, pad: Node, rank: number): readonly number[] | undefined {
  const [, , value, axes] = pad.inputs
  const amounts = world.opset < 11 ? intsOf(pad, 'pads') : world.integers(pad.inputs[1])
  const filled = world.opset < 11 ? floatOf(pad, 'value', 0) : value ? uniformOf(world.values.get(value)) : 0
  if (axes || textOf(pad, 'mode', 'constant') !== 'constant' || filled !== 0) return undefined
  if (amounts?.length !== 2 * rank || amounts.some(amount => amount < 0)) return undefined
  if ([0, 1, rank, rank + 1].some(at => amounts[at] !== 0)) return undefined
  return [...amounts.slice(2, rank), ...amounts.slice(rank + 2)]
}
