import type { World } from '../world/world.ts'
import { floatOf, uniformOf } from './read.ts'

/** A Relu behind which everything below 0 is cut off anyway goes. */
export function removeRelus(world: World): void {
  for (const node of world.each('Clip')) {
    const relu = world.soleMaker(node.inputs[0], node)
    if (relu?.op !== 'Relu' || relu.domain !== '') continue
    const least =
      world.opset < 11
        ? floatOf(node, 'min', Number.NEGATIVE_INFINITY)
        : uniformOf(world.values.get(node.inputs[1] ?? ''))
    if (least !== undefined && least >= 0) world.bypass(relu)
  }
}
