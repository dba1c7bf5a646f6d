import { needsOf } from '../world/order.ts'
import type { World } from '../world/world.ts'

/** Nodes of which nothing is used go, the last first; then constants that nothing takes. */
export function removeDead(world: World): void {
  const open = [...world.nodes()]
  while (open.length > 0) {
    const node = open.pop()!
    if (!node.body.nodes.has(node) || node.outputs.some(output => world.isUsed(output))) continue
    const needs = [...needsOf(node)].flatMap(value => world.maker(value) ?? [])
    world.remove(node)
    open.push(...needs)
  }
  for (const name of [...world.constants.keys()])
    if (!world.isUsed(name)) {
      world.constants.delete(name)
      world.values.delete(name)
    }
}
