import type { StrictJson } from '../../bytes/json.ts'
import type { Attribute, GraphNode, ModelGraph, SignatureValue, Subgraph } from '../../types.ts'
import { dtypeOfScalarType } from '../dtypes.ts'
import { fail, MAX_GRAPH_DEPTH, MAX_NODES } from '../limits.ts'
import { type JsonMap, listOf, malformed, mapOf, signatureValue, tensorMeta, textIn } from './values.ts'

/** Lists in attributes that are told whole; constants of graphs may have thousands of numbers. */
const MAX_LIST = 256
const MAX_TEXT = 1000

/** What the graphs of a program have in common. */
interface Gathering {
  readonly file: string
  readonly subgraphs: Subgraph[]
  readonly counts: Map<string, { readonly name: string; readonly domain?: string; count: number }>
  nodes: number
}

/** A `Graph` of torch's export schema, with the graphs in its nodes' arguments. Throws FORMAT_MALFORMED, FORMAT_LIMIT. */
export function graphOf(graph: JsonMap, name: string, file: string): ModelGraph {
  const gathering: Gathering = { file, subgraphs: [], counts: new Map(), nodes: 0 }
  const nodes = nodesOf(graph, gathering, 0)
  const operators = [...gathering.counts.values()].toSorted((a, b) => b.count - a.count)
  const { subgraphs } = gathering
  return { name, kind: 'dataflow', nodes, subgraphs, operators, values: valuesOf(graph) }
}

function nodesOf(graph: JsonMap, gathering: Gathering, depth: number): readonly GraphNode[] {
  if (depth > MAX_GRAPH_DEPTH)
    throw fail.limit({ name: gathering.file }, `graphs nested more than ${MAX_GRAPH_DEPTH} deep`)
  return listOf(graph.get('nodes')).map(node => nodeOf(node, gathering, depth))
}

function nodeOf(value: StrictJson, gathering: Gathering, depth: number): GraphNode {
  const node = mapOf(value)
  const target = textIn(node, 'target')
  if (!node || target === undefined) throw malformed(gathering.file, 'a node without a target')
  if (++gathering.nodes > MAX_NODES)
    throw fail.limit({ name: gathering.file }, `more than ${MAX_NODES} nodes`)
  const { op, domain } = operatorOf(target)
  const key = `${domain ?? ''}\0${op}`
  const counted = gathering.counts.get(key)
  if (counted) counted.count++
  else gathering.counts.set(key, { name: op, ...(domain && { domain }), count: 1 })
  const inputs: string[] = []
  const attributes: [string, Attribute][] = []
  for (const [at, input] of listOf(node.get('inputs')).entries()) {
    const argument = mapOf(mapOf(input)?.get('arg'))
    const names = argument && namesOf(argument)
    if (names) inputs.push(...names)
    else attributes.push([textIn(input, 'name') || String(at), attributeOf(argument, gathering, depth)])
  }
  const outputs = listOf(node.get('outputs')).flatMap(output => namesOf(mapOf(output)) ?? [])
  return {
    name: textIn(node, 'name') ?? outputs[0] ?? target,
    op,
    ...(domain && { domain }),
    inputs,
    outputs,
    ...(attributes.length > 0 && { attributes: plainObject(attributes) }),
  }
}

/** `torch.ops.aten.linear.default` is `linear.default` of `aten`; others keep their module: `_operator`, `math`. */
function operatorOf(target: string): { op: string; domain?: string } {
  const operator = /^torch\.ops\.(\w+)\.(.+)$/.exec(target)
  if (operator) return { op: operator[2]!, domain: operator[1]! }
  const dot = target.lastIndexOf('.')
  return dot < 0 ? { op: target } : { op: target.slice(dot + 1), domain: target.slice(0, dot) }
}

/** Names of values that flow through the graph: tensors, symbolic numbers, objects. Undefined for constants. */
function namesOf(argument: JsonMap | undefined): readonly string[] | undefined {
  const [kind, value] = argument?.entries().next().value ?? []
  switch (kind) {
    case 'as_tensor':
    case 'as_custom_obj':
    case 'as_token':
      return [textIn(value, 'name') ?? '']
    case 'as_tensors':
      return listOf(value).map(item => textIn(item, 'name') ?? '')
    case 'as_nested_tensors':
      return listOf(value).flatMap(items => listOf(items).map(item => textIn(item, 'name') ?? ''))
    case 'as_optional_tensor':
    case 'as_optional_tensors':
      return (Array.isArray(value) ? value : [value]).map(
        item => textIn(mapOf(item)?.get('as_tensor'), 'name') ?? '',
      )
    case 'as_sym_int':
    case 'as_sym_bool':
    case 'as_sym_float': {
      const name = textIn(value, 'as_name')
      return name === undefined ? undefined : [name]
    }
    default:
      return undefined
  }
}

function attributeOf(argument: JsonMap | undefined, gathering: Gathering, depth: number): Attribute {
  const [kind, value] = argument?.entries().next().value ?? []
  if (kind === 'as_none' || kind === undefined) return null
  if (kind === 'as_scalar_type') return dtypeOfScalarType(value)?.name ?? plainOf(value)
  if (kind !== 'as_graph') return plainOf(value)
  const name = textIn(value, 'name') ?? 'graph'
  const graph = mapOf(mapOf(value)?.get('graph'))
  if (!graph) throw malformed(gathering.file, `no graph '${name.slice(0, 80)}' where it names one`)
  const nodes = nodesOf(graph, gathering, depth + 1)
  gathering.subgraphs.push({
    name,
    nodes,
    inputs: endsOf(graph, 'inputs'),
    outputs: endsOf(graph, 'outputs'),
  })
  return { graph: name }
}

function endsOf(graph: JsonMap, which: 'inputs' | 'outputs'): readonly string[] {
  return listOf(graph.get(which)).flatMap(end => namesOf(mapOf(end)) ?? [])
}

/** JSON of the file as JSON of a description: short, and without unions of one member. */
function plainOf(value: StrictJson | undefined, depth = 0): Attribute {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value
  if (typeof value !== 'object') return value
  if (depth > 4) return '…'
  if (Array.isArray(value)) {
    if (value.length > MAX_LIST) return `${value.length} values`
    return value.map(item => plainOf(item, depth + 1))
  }
  const entries = [...(value as JsonMap)]
  const [only] = entries
  if (entries.length === 1 && only?.[0].startsWith('as_')) return plainOf(only[1], depth + 1)
  return plainObject(entries.slice(0, MAX_LIST).map(([key, item]) => [key, plainOf(item, depth + 1)]))
}

function plainObject(entries: readonly (readonly [string, Attribute])[]): Record<string, Attribute> {
  const plain: Record<string, Attribute> = Object.create(null)
  for (const [key, value] of entries) plain[key] = value
  return plain
}

/** Types and shapes of all values of a graph. */
function valuesOf(graph: JsonMap): readonly SignatureValue[] {
  return Array.from(mapOf(graph.get('tensor_values')) ?? [], ([name, meta]) =>
    signatureValue(name, tensorMeta(meta)),
  )
}
