import { bytesPerElement, type Dtype, elementCount } from '../../../../core/index.ts'
import type { Graph, Node } from '../graph.ts'
import type { Layout } from './family.ts'
import { Flow, SINK, SOURCE } from './flow.ts'
import type { Layouts } from './layouts.ts'
import { choices, type Tensor } from './tensors.ts'

/** Tensors, and the nodes whose layouts are chosen together. */
export interface Region {
  readonly nodes: readonly Node[]
  readonly tensors: readonly Tensor[]
}

/** What a tensor in two layouts costs: first the node, then the bytes it moves, by an eighth of a power of two. */
const NODE = 2 ** 24

function costOf(graph: Graph, { origin }: Tensor): number {
  const { shape = [], dtype } = graph.typeOf(origin) ?? {}
  const elements = elementCount(shape.map(size => (typeof size === 'number' ? size : 1)))
  // Quantized, a tensor is a quarter of its size; and runtimes fuse what stands between the operators of quantization.
  const bytes = elements * (bytesPerElement((dtype ?? 'float32') as Dtype) ?? 8)
  return NODE + Math.min(511, Math.ceil(8 * Math.log2(bytes + 1)))
}

/** Regions that no tensor with a choice links. */
export function regionsOf(graph: Graph, layouts: Layouts, tensors: readonly Tensor[]): readonly Region[] {
  const leaders = new Map<Node, Node>()
  const find = (node: Node): Node => {
    let leader = node
    for (let up = leaders.get(leader); up && up !== leader; up = leaders.get(leader)) {
      leaders.set(leader, leaders.get(up) ?? up)
      leader = up
    }
    return leader
  }
  const chosen = tensors.map(tensor => {
    const { maker, users } = choices(graph, layouts, tensor)
    const nodes = [maker, ...users].filter(node => node !== undefined)
    for (const node of nodes) leaders.set(find(node), find(nodes[0]!))
    return { tensor, nodes }
  })
  const regions = new Map<Node, { nodes: Node[]; tensors: Tensor[] }>()
  const alone: Region[] = []
  for (const { tensor, nodes } of chosen) {
    if (nodes.length === 0) alone.push({ nodes: [], tensors: [tensor] })
    else {
      const leader = find(nodes[0]!)
      const region = regions.get(leader) ?? { nodes: [], tensors: [] }
      regions.set(leader, region)
      region.tensors.push(tensor)
    }
  }
  for (const node of layouts.carriers.keys()) regions.get(find(node))?.nodes.push(node)
  return [...alone, ...regions.values()]
}

/**
 * Layouts of a region's nodes with which the fewest tensors are needed in both. A tensor costs where one of its users
 * lies other than its maker: a cut of the graph of nodes into those with layout 1, on the source's side, and 0. Where
 * nothing is chosen, makers and users stand on the side of the layout that they have. Undefined where the graph as it
 * stands is as good.
 */
export function chooseLayouts(
  graph: Graph,
  layouts: Layouts,
  region: Region,
): ReadonlyMap<Node, Layout> | undefined {
  const ids = new Map(region.nodes.map((node, i) => [node, i + 2] as const))
  const first = 2 + region.nodes.length
  const flow = new Flow(first + 2 * region.tensors.length)
  const ends = region.tensors.map(tensor => endsOf(graph, layouts, tensor, ids))
  for (const [i, { maker, users }] of ends.entries()) {
    const [some, others] = [first + 2 * i, first + 2 * i + 1]
    const cost = costOf(graph, region.tensors[i]!)
    flow.edge(maker, some, cost)
    flow.edge(others, maker, cost)
    for (const user of users) {
      flow.edge(some, user, Number.POSITIVE_INFINITY)
      flow.edge(user, others, Number.POSITIVE_INFINITY)
    }
  }
  const side = flow.cut()
  const isSplit = ({ maker, users }: Ends) => users.some(user => side.has(user) !== side.has(maker))
  const after = region.tensors.reduce(
    (sum, tensor, i) => sum + (isSplit(ends[i]!) ? costOf(graph, tensor) : 0),
    0,
  )
  const before = region.tensors.reduce((sum, tensor) => sum + tensor.links.length * costOf(graph, tensor), 0)
  if (after >= before) return undefined
  return new Map(region.nodes.map(node => [node, side.has(ids.get(node)!) ? 1 : 0] as const))
}

interface Ends {
  readonly maker: number
  readonly users: readonly number[]
}

function endsOf(graph: Graph, layouts: Layouts, tensor: Tensor, ids: ReadonlyMap<Node, number>): Ends {
  const { maker, users } = choices(graph, layouts, tensor)
  const fixed = (value: string) => (layouts.of.get(value) === 1 ? SOURCE : SINK)
  return {
    maker: maker ? ids.get(maker)! : fixed(tensor.origin),
    users: users.map((node, i) => (node ? ids.get(node)! : fixed(tensor.uses[i]!.value))),
  }
}
