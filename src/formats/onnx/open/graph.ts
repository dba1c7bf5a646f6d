import type { GraphNode, ModelGraph, SignatureValue } from '../../types.ts'
import { OperatorCount } from '../describe.ts'
import { storedDtype } from '../dtypes.ts'
import type { FunctionProto, GraphProto, ModelProto, NodeProto, ValueProto } from '../read/proto.ts'
import { functionName, visitModel } from '../visit.ts'
import { describeAttributes, nodeName } from './attributes.ts'

/** The graphs of a model: its own, then bodies, functions and training graphs under their paths. */
export async function describeGraph(model: ModelProto): Promise<ModelGraph> {
  const operators = new OperatorCount()
  const parts = new Map<string, NodeProto[]>()
  const graphs = new Map<string, GraphProto>()
  /** Paths of the graphs in an attribute, by the attribute's place. */
  const bodies = new Map<GraphProto, string>()
  visitModel(model, {
    graph(graph, { path }) {
      graphs.set(path, graph)
      bodies.set(graph, path)
    },
    scope: ({ path }) => parts.set(path, []),
    node(node, { path }) {
      operators.add(node)
      parts.get(path)!.push(node)
    },
  })
  const functions = new Map(model.functions.map(item => [functionName(item), item]))
  const described: { name: string; nodes: GraphNode[] }[] = []
  for (const [path, nodes] of parts) {
    const all: GraphNode[] = []
    for (const node of nodes) all.push(await describeNode(node, bodies))
    described.push({ name: path, nodes: all, ...endsOf(graphs.get(path) ?? functions.get(path)) })
  }
  const [main, ...subgraphs] = described
  return {
    name: model.graph.name,
    kind: 'dataflow',
    nodes: main!.nodes,
    subgraphs,
    operators: operators
      .sorted()
      .map(({ domain, name, count }) => ({ name, ...(domain && { domain }), count })),
    ...(model.graph.values.length > 0 && { values: model.graph.values.map(signatureValue) }),
  }
}

function endsOf(part: GraphProto | FunctionProto | undefined): {
  inputs?: readonly string[]
  outputs?: readonly string[]
  values?: readonly SignatureValue[]
} {
  if (!part) return {}
  const names = (list: readonly (string | ValueProto)[]) =>
    list.map(value => (typeof value === 'string' ? value : value.name))
  const values = part.values.map(signatureValue)
  return {
    inputs: names(part.inputs),
    outputs: names(part.outputs),
    ...(values.length > 0 && { values }),
  }
}

async function describeNode(node: NodeProto, bodies: ReadonlyMap<GraphProto, string>): Promise<GraphNode> {
  const metadata = [
    ...node.metadata,
    ...node.configurations.map(value => ({ key: 'device_configuration', value })),
  ]
  return {
    name: nodeName(node),
    op: node.op,
    ...(node.domain && { domain: node.domain }),
    inputs: node.inputs,
    outputs: node.outputs,
    ...(node.attributes.length > 0 && { attributes: await describeAttributes(node.attributes, bodies) }),
    ...(metadata.length > 0 && { metadata }),
  }
}

export function signatureValue({ metadata: _, dtype, ...value }: ValueProto): SignatureValue {
  return { ...value, ...(dtype !== undefined && { dtype: storedDtype(dtype) }) }
}
