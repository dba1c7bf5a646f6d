import type { OnnxGraph, OnnxModel } from '../../../formats/index.ts'
import type { Source, ValueType } from '../types.ts'
import { computeConstants } from './arithmetic.ts'
import { moveConstants } from './constants.ts'
import { removeDead } from './dead.ts'
import { removeDuplicates } from './duplicates.ts'
import { fuse } from './fusing/index.ts'
import { Graph } from './graph.ts'
import { removeIdentities } from './identities.ts'
import { removeNoops } from './noops.ts'
import { poolMeans } from './pools.ts'
import { joinReshapes } from './reshapes.ts'
import { narrowShapes } from './shapes.ts'
import { removeTransposes } from './transposes/index.ts'
import { joinTransposes } from './transposes/join.ts'
import { World } from './world.ts'

export interface Optimized {
  readonly model: OnnxModel
  readonly mapping: readonly (Source & { readonly nodes: readonly string[] })[]
}

/** What one pass leaves another may see more of; a graph that still changes then is looked at again. */
const MAX_ROUNDS = 4

/**
 * A graph that gives the same with fewer nodes. Names of inputs and outputs stay, and no weight is read. `types` are
 * those of all values, of bodies too. In the mapping, a source of which no node is left has an empty list.
 */
export function optimizeGraph(
  { model, mapping }: Optimized,
  types: ReadonlyMap<string, ValueType>,
): Optimized {
  const owners = new Map(mapping.flatMap(({ nodes }, i) => nodes.map(node => [node, i] as const)))
  const world = new World(types, model.graph.initializers ?? [], owners)
  const lists = mapping.map((): string[] => [])
  const graph = optimized(model.graph, world, lists)
  const used = namesIn(graph)
  const initializers = Array.from(world.constants).filter(({ name }) => used.has(name))
  return {
    model: { ...model, graph: { ...graph, initializers } },
    mapping: mapping.map((source, i) => ({ ...source, nodes: lists[i]! })),
  }
}

const PASSES = [
  removeDead,
  removeIdentities,
  removeNoops,
  narrowShapes,
  removeDuplicates,
  moveConstants,
  computeConstants,
  fuse,
]

/** Bodies first: what they no longer take is then free in the graph around them. */
function optimized(given: OnnxGraph, world: World, lists: readonly string[][]): OnnxGraph {
  const graph = new Graph(given, world, body => optimized(body, world, lists))
  let turned = -1
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = graph.changes
    for (const pass of PASSES) pass(graph)
    if (graph.changes === turned) break
    removeTransposes(graph)
    turned = graph.changes
    joinTransposes(graph)
    joinReshapes(graph)
    if (graph.changes === before) break
  }
  poolMeans(graph)
  removeDead(graph)
  const done = graph.done()
  for (const { name, owner } of graph.nodes) if (owner !== undefined) lists[owner]!.push(name)
  return done
}

/** Values that nodes of a graph and of its bodies take, or that it gives. */
function namesIn(graph: OnnxGraph, names = new Set<string>()): ReadonlySet<string> {
  for (const { name } of graph.outputs) names.add(name)
  for (const { inputs, attributes = {} } of graph.nodes) {
    for (const input of inputs) names.add(input)
    for (const value of Object.values(attributes)) if ('graph' in value) namesIn(value.graph, names)
  }
  return names
}
