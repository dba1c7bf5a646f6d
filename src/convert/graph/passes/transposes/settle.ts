import type { ValueType } from '../../types.ts'
import type { Graph, Node } from '../graph.ts'
import { inverse } from '../read.ts'
import { carrierOf } from './carriers/index.ts'
import type { Region } from './choose.ts'
import { type Family, type Layout, other } from './family.ts'
import type { Layouts } from './layouts.ts'
import { choices, type Tensor } from './tensors.ts'
import { Turn } from './turn.ts'

/** Puts a region's nodes and tensors into the layouts that were chosen. */
export function settle(
  graph: Graph,
  family: Family,
  layouts: Layouts,
  region: Region,
  chosen: ReadonlyMap<Node, Layout>,
): void {
  const plans = region.tensors.map(tensor => planOf(graph, layouts, tensor, chosen))
  for (const node of region.nodes) {
    const present = layoutOf(layouts, node)
    if (chosen.get(node) !== present) carrierOf(node)!.turn(node, new Turn(graph, family, present))
  }
  for (const plan of plans) for (const link of plan.tensor.links) graph.remove(link)
  for (const plan of plans) apply(graph, family, layouts, plan)
}

function layoutOf({ of, carriers }: Layouts, node: Node): Layout {
  const { inputs, outputs } = carriers.get(node)!
  const value = inputs.length > 0 ? node.inputs[inputs[0]!]! : node.outputs[outputs[0]!]!
  return of.get(value)!
}

interface Plan {
  readonly tensor: Tensor
  /** The layout in which it is made. */
  readonly made: Layout
  /** That which each use asks for. */
  readonly asked: readonly Layout[]
}

/** Is made before anything changes. */
function planOf(graph: Graph, layouts: Layouts, tensor: Tensor, chosen: ReadonlyMap<Node, Layout>): Plan {
  const { maker, users } = choices(graph, layouts, tensor)
  const of = (node: Node | undefined, value: string) => (node && chosen.get(node)) ?? layouts.of.get(value)!
  return {
    tensor,
    made: of(maker, tensor.origin),
    asked: users.map((node, i) => of(node, tensor.uses[i]!.value)),
  }
}

function apply(graph: Graph, family: Family, layouts: Layouts, { tensor, made, asked }: Plan): void {
  const { origin, links, uses } = tensor
  const maker = graph.maker(origin)
  const types = typesOf(graph, family, layouts, tensor)
  const base = baseName(graph, tensor, made, maker)
  if (base !== origin && maker) graph.setOutput(maker, maker.outputs.indexOf(origin), base, types[made])
  const names: Record<Layout, string> = { 0: '', 1: '', [made]: base }
  const like = links[0] ?? maker ?? uses.find(({ node }) => node)?.node
  if (asked.includes(other(made))) {
    const to = other(made)
    names[to] = nameIn(graph, tensor, to, `${origin}/Transpose`)
    const forth = family(types[made].shape!.length)!
    const order = made === 0 ? forth : inverse(forth)
    const attributes = { perm: { ints: order } }
    graph.add({ op: 'Transpose', inputs: [base], output: names[to], attributes, like }, types[to])
  }
  for (const [i, { node, at, value }] of uses.entries()) {
    const name = names[asked[i]!]
    if (node) graph.setInput(node, at, name)
    else if (name !== value)
      graph.add({ op: 'Identity', inputs: [name], output: value, like }, types[asked[i]!])
  }
}

function typesOf(
  graph: Graph,
  family: Family,
  layouts: Layouts,
  { origin }: Tensor,
): Record<Layout, ValueType> {
  const present = layouts.of.get(origin)!
  const type = graph.typeOf(origin)!
  const order = new Turn(graph, family, present).order(type.shape!.length)!
  const turned = { dtype: type.dtype, shape: order.map(axis => type.shape![axis]!) }
  return present === 0 ? { 0: type, 1: turned } : { 0: turned, 1: type }
}

/** The name under which a tensor is made: one that is asked for, the one it has, or one of those that it had. */
function baseName(graph: Graph, tensor: Tensor, made: Layout, maker: Node | undefined): string {
  const { origin } = tensor
  if (!maker) return origin
  return nameIn(graph, tensor, made, origin)
}

function nameIn(graph: Graph, { values }: Tensor, layout: Layout, wanted: string): string {
  const fitting = values.filter(item => item.layout === layout).map(({ value }) => value)
  return fitting.find(value => graph.isPinned(value)) ?? fitting[0] ?? graph.world.fresh(wanted)
}
