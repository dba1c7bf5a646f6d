import type { GraphNode, ModelGraph } from '../../formats/index.ts'
import { clean } from '../output/clean.ts'

/** The graph as lines: each node's outputs, op and inputs; functions and bodies behind it. */
export function* graphLines({ name, nodes, subgraphs }: ModelGraph): Generator<string> {
  yield `graph ${clean(name)}`
  for (const node of nodes) yield `  ${nodeLine(node)}`
  for (const subgraph of subgraphs) {
    yield `subgraph ${clean(subgraph.name)}`
    for (const node of subgraph.nodes) yield `  ${nodeLine(node)}`
  }
}

function nodeLine({ name, op, domain, inputs, outputs }: GraphNode): string {
  const what = domain ? `${domain}::${op}` : op
  const own = name === '' || outputs.includes(name) ? '' : `  # ${clean(name)}`
  const target = outputs.length > 0 ? `${outputs.map(clean).join(', ')} = ` : `${clean(name)}: `
  return `${target}${clean(what)}(${inputs.map(clean).join(', ')})${outputs.length > 0 ? own : ''}`
}
