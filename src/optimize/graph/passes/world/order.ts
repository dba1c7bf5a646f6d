import { OptimizeError } from '../../../errors.ts'
import type { Body, Node } from './types.ts'

/**
 * Nodes of a graph in an order in which they can run: where it is open, as they were. Throws OPTIMIZE_UNSUPPORTED
 * where there is none.
 */
export function sorted({ nodes }: Body): readonly Node[] {
  const makers = new Map<string, Node>()
  for (const node of nodes) for (const output of node.outputs) if (output !== '') makers.set(output, node)
  const state = new Map<Node, 'open' | 'done'>()
  const order: Node[] = []
  for (const root of nodes) visit(root)
  return order

  /** Depth first, without recursion: graphs are as deep as they have nodes. */
  function visit(root: Node): void {
    if (state.has(root)) return
    const stack = [begun(root)]
    while (stack.length > 0) {
      const { node, needs } = stack.at(-1)!
      const { value, done } = needs.next()
      if (done) {
        state.set(node, 'done')
        order.push(node)
        stack.pop()
        continue
      }
      const need = makers.get(value)
      if (!need || state.get(need) === 'done') continue
      if (state.get(need) === 'open') throw circular(need)
      stack.push(begun(need))
    }
  }

  function begun(node: Node) {
    state.set(node, 'open')
    return { node, needs: needsOf(node) }
  }
}

/** What a node takes, and what its bodies take from around them. */
export function* needsOf(node: Node): Generator<string, void> {
  yield* node.inputs
  for (const body of node.bodies.values()) {
    yield* body.outputs
    for (const inner of body.nodes) yield* needsOf(inner)
  }
}

function circular({ op, name, outputs }: Node): OptimizeError {
  return new OptimizeError('OPTIMIZE_UNSUPPORTED', {
    message: `The ${op} '${name || outputs[0]}' needs its own output`,
    hint: 'Export the model again: no runtime loads a graph that goes in a circle.',
  })
}
