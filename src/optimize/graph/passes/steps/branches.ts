import type { Body, Node } from '../world/types.ts'
import type { World } from '../world/world.ts'

/** Of an If whose condition is always the same, the branch that is taken stands in the graph instead. */
export function takeBranches(world: World): void {
  for (const node of world.each('If')) {
    const condition = world.values.get(node.inputs[0]!)?.known
    if (condition?.length !== 1 || typeof condition[0] !== 'number') continue
    const branch = node.bodies.get(condition[0] === 0 ? 'else_branch' : 'then_branch')
    if (branch && branch.outputs.length === node.outputs.length) inline(world, node, branch)
  }
}

function inline(world: World, node: Node, branch: Body): void {
  const given = [...branch.outputs]
  const { outputs } = node
  world.move(branch, node.body)
  world.remove(node)
  for (const [i, output] of outputs.entries()) {
    if (output === '') continue
    // As an Identity, which the next pass removes where names allow it.
    world.add({ op: 'Identity', inputs: [given[i]!], outputs: [output], like: node })
  }
}
