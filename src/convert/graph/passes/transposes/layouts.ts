import type { Graph, Node } from '../graph.ts'
import { inverse, isSame, orderOf } from '../read.ts'
import { type Carried, carrierOf } from './carriers/index.ts'
import { type Family, type Layout, other } from './family.ts'
import { Turn } from './turn.ts'

/** How the tensors around a family's Transposes lie, as the graph stands. */
export interface Layouts {
  /** Layouts of values; absent for those that nothing links to a Transpose. */
  readonly of: ReadonlyMap<string, Layout>
  /** Nodes that compute the same in either layout. */
  readonly carriers: ReadonlyMap<Node, Carried>
  /** Transposes that put one layout into the other. */
  readonly links: ReadonlySet<Node>
}

/** Starts at the Transposes, and goes over all nodes that carry a layout on. */
export function layoutsOf(graph: Graph, family: Family): Layouts {
  const search = new Search(graph, family)
  for (const node of graph.nodes) search.start(node)
  return search
}

class Search implements Layouts {
  readonly of = new Map<string, Layout>()
  readonly carriers = new Map<Node, Carried>()
  readonly links = new Set<Node>()
  readonly #graph: Graph
  readonly #family: Family
  readonly #turns: readonly [Turn, Turn]
  /** Nodes that are looked at, and neither carry a layout nor link two. */
  readonly #fixed = new Set<Node>()
  readonly #open: string[] = []

  constructor(graph: Graph, family: Family) {
    this.#graph = graph
    this.#family = family
    this.#turns = [new Turn(graph, family, 0), new Turn(graph, family, 1)]
  }

  start(node: Node): void {
    const from = this.#linkFrom(node)
    if (from === undefined) return
    const [input, output] = [node.inputs[0]!, node.outputs[0]!]
    // An order that is its own inverse says only that the two lie differently.
    const layout = from === 'either' ? (this.of.get(input) ?? other(this.of.get(output) ?? 1)) : from
    if (!this.#fits(input, layout) || !this.#fits(output, other(layout))) return
    this.links.add(node)
    this.#put(input, layout)
    this.#put(output, other(layout))
    for (let value = this.#open.pop(); value !== undefined; value = this.#open.pop()) this.#spread(value)
  }

  /** The layout that a Transpose of the family takes. */
  #linkFrom(node: Node): Layout | 'either' | undefined {
    if (node.op !== 'Transpose' || node.domain !== '' || this.#fixed.has(node) || this.links.has(node))
      return undefined
    const [input, output] = [node.inputs[0]!, node.outputs[0]!]
    if (!this.#lies(input) || !this.#lies(output)) return undefined
    const order = orderOf(node, this.#graph.typeOf(input)!.shape!.length)
    const forth = order && this.#family(order.length)
    if (!order || !forth) return undefined
    const back = inverse(forth)
    if (isSame(order, forth)) return isSame(forth, back) ? 'either' : 0
    return isSame(order, back) ? 1 : undefined
  }

  #spread(value: string): void {
    const layout = this.of.get(value)!
    const maker = this.#graph.maker(value)
    if (maker) this.#visit(maker, value, layout)
    for (const user of this.#graph.users(value)) this.#visit(user, value, layout)
  }

  #visit(node: Node, value: string, layout: Layout): void {
    if (this.#fixed.has(node) || this.carriers.has(node) || this.links.has(node)) return
    const carried = carrierOf(node)?.carried(node, this.#turns[layout])
    if (!carried) return
    const values = [
      ...carried.inputs.map(i => node.inputs[i]!),
      ...carried.outputs.map(i => node.outputs[i]!),
    ]
    if (!values.includes(value) || !values.every(item => this.#lies(item))) return
    if (values.every(item => this.#fits(item, layout))) {
      this.carriers.set(node, carried)
      for (const item of values) this.#put(item, layout)
    } else this.#fixed.add(node)
  }

  /** Whether a value can lie in two ways: of its type, the rank at least is known. */
  #lies(value: string): boolean {
    return this.#turns[0].orderOf(value) !== undefined
  }

  #fits(value: string, layout: Layout): boolean {
    return (this.of.get(value) ?? layout) === layout
  }

  #put(value: string, layout: Layout): void {
    if (this.of.has(value)) return
    this.of.set(value, layout)
    this.#open.push(value)
  }
}
