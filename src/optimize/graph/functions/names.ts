import type { OnnxGraph, OnnxNode } from '../../../formats/index.ts'

/** Every name that stands in a graph, in its bodies too. */
export function allNames(graph: OnnxGraph, names: Set<string> = new Set()): Set<string> {
  const { inputs, outputs, initializers = [], values = [] } = graph
  for (const { name } of [...inputs, ...outputs, ...initializers, ...values]) names.add(name)
  for (const node of graph.nodes) {
    for (const name of [...node.inputs, ...node.outputs]) names.add(name)
    for (const body of bodiesOf(node)) allNames(body, names)
  }
  return names
}

export function bodiesOf({ attributes = {} }: OnnxNode): readonly OnnxGraph[] {
  return Object.values(attributes).flatMap(value =>
    'graph' in value ? [value.graph] : 'graphs' in value ? value.graphs : [],
  )
}

/** Names that a graph itself gives to values; not those that it takes from around it. */
export function ownNames({ inputs, initializers = [], nodes }: OnnxGraph): ReadonlySet<string> {
  const own = [...inputs, ...initializers].map(({ name }) => name)
  return new Set([...own, ...nodes.flatMap(({ outputs }) => outputs)].filter(name => name !== ''))
}
