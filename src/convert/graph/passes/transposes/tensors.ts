import type { Graph, Node } from '../graph.ts'
import { type Layout, other } from './family.ts'
import type { Layouts } from './layouts.ts'

/** What takes a value at one of its inputs; undefined stands for an output of the graph, or a body. */
export interface Use {
  readonly node: Node | undefined
  readonly at: number
  readonly value: string
}

/** All values that are one tensor, in either layout: a value, and what the family's Transposes make of it. */
export interface Tensor {
  /** The one that no Transpose of the family made. */
  readonly origin: string
  /** Values by layout, as the graph stands: the origin, and others. */
  readonly values: readonly { readonly value: string; readonly layout: Layout }[]
  readonly links: readonly Node[]
  readonly uses: readonly Use[]
}

export function tensorsOf(graph: Graph, layouts: Layouts): readonly Tensor[] {
  return Array.from(layouts.of.keys())
    .filter(value => !layouts.links.has(graph.maker(value)!))
    .map(origin => tensorOf(graph, layouts, origin))
}

function tensorOf(graph: Graph, { of, links }: Layouts, origin: string): Tensor {
  const values: { value: string; layout: Layout }[] = [{ value: origin, layout: of.get(origin)! }]
  const own: Node[] = []
  const uses: Use[] = []
  for (const { value, layout } of values) {
    if (graph.isPinned(value)) uses.push({ node: undefined, at: 0, value })
    for (const node of graph.users(value)) {
      if (links.has(node)) {
        own.push(node)
        values.push({ value: node.outputs[0]!, layout: other(layout) })
        continue
      }
      for (const [at, input] of node.inputs.entries()) if (input === value) uses.push({ node, at, value })
    }
  }
  return { origin, values, links: own, uses }
}

/** Nodes whose layout is chosen, of the one that makes a tensor and those that take it. */
export function choices(
  graph: Graph,
  { carriers }: Layouts,
  { origin, uses }: Tensor,
): { readonly maker: Node | undefined; readonly users: readonly (Node | undefined)[] } {
  const maker = graph.maker(origin)
  const makes = maker && carriers.get(maker)?.outputs.some(i => maker.outputs[i] === origin)
  const users = uses.map(({ node, at }) =>
    node && carriers.get(node)?.inputs.includes(at) ? node : undefined,
  )
  return { maker: makes ? maker : undefined, users }
}
