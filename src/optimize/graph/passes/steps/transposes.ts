import type { World } from '../world/world.ts'
import { orderOf, shapeOf } from './read.ts'

/** Of two transposes in a row, the second does the work of both. */
export function joinTransposes(world: World): void {
  for (const node of world.each('Transpose')) {
    const first = world.maker(node.inputs[0])
    if (first?.op !== 'Transpose' || first.domain !== '' || first.body !== node.body) continue
    const rank = shapeOf(world, first.inputs[0])?.length
    const [inner, outer] = [orderOf(first, rank), orderOf(node, rank)]
    if (!inner || !outer || inner.length !== outer.length) continue
    const perm = { ints: outer.map(axis => inner[axis]!) }
    const inputs = [first.inputs[0]!]
    world.remove(node)
    world.add({ op: 'Transpose', inputs, outputs: node.outputs, attributes: { perm }, like: node })
  }
}
