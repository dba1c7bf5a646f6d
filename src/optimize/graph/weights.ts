import type { OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../../formats/index.ts'

/** Constants of a graph that may be replaced: not those that callers may give as inputs. */
export function constantsOf({ inputs, initializers = [] }: OnnxGraph): ReadonlyMap<string, OnnxTensor> {
  const given = new Set(inputs.map(({ name }) => name))
  return new Map(initializers.filter(({ name }) => !given.has(name)).map(tensor => [tensor.name, tensor]))
}

/** Names of values that nodes take, in bodies too, and that the graph gives. */
export function usedNames(
  { nodes, outputs }: OnnxGraph,
  names: Set<string> = new Set(),
): ReadonlySet<string> {
  for (const { name } of outputs) names.add(name)
  for (const { inputs, attributes = {} } of nodes) {
    for (const input of inputs) names.add(input)
    for (const value of Object.values(attributes)) {
      if ('graph' in value) usedNames(value.graph, names)
      if ('graphs' in value) for (const graph of value.graphs) usedNames(graph, names)
    }
  }
  return names
}

/** The model with other nodes, further constants, and without those that nothing takes any more. */
export function withNodes(
  model: OnnxModel,
  nodes: readonly OnnxNode[],
  added: Iterable<OnnxTensor>,
  domains: readonly { readonly domain: string; readonly version: number }[] = [],
): OnnxModel {
  const { graph, opsets } = model
  const used = usedNames({ ...graph, nodes })
  const before = usedNames(graph)
  const initializers = [...(graph.initializers ?? []), ...added].filter(
    // One that nothing took before is not for us to remove.
    ({ name }) => used.has(name) || (!before.has(name) && graph.initializers?.some(i => i.name === name)),
  )
  const missing = domains.filter(({ domain }) => !opsets.some(known => known.domain === domain))
  return { ...model, opsets: [...opsets, ...missing], graph: { ...graph, nodes, initializers } }
}

/** What people call a node. */
export function nameOf({ name, outputs, op }: Pick<OnnxNode, 'name' | 'outputs' | 'op'>): string {
  return name || outputs[0] || op
}

/** A name that nothing in the graph has. */
export function freshNames(graph: OnnxGraph): (wanted: string) => string {
  const taken = new Set<string>([
    ...usedNames(graph),
    ...graph.inputs.map(({ name }) => name),
    ...(graph.initializers ?? []).map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ])
  return wanted => {
    let name = wanted
    for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`
    taken.add(name)
    return name
  }
}
