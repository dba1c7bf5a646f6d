import type { Field, Range, Wire } from '../protobuf/wire.ts'
import {
  MAX_DEPTH,
  MAX_INITIALIZERS,
  MAX_OPERATORS,
  MAX_STRING_BYTES,
  MAX_VALUES,
  overLimit,
} from './limits.ts'
import { readTensor } from './tensor.ts'
import type { OnnxInitializer, OnnxOperator, OnnxValue } from './types.ts'
import { readValue } from './values.ts'

/** What is gathered over all graphs. */
export interface Gathered {
  readonly initializers: OnnxInitializer[]
  readonly operators: Map<string, { readonly operator: Omit<OnnxOperator, 'count'>; count: number }>
  /** Tensors in nodes' attributes whose data is in other files; the other such tensors are not kept. */
  readonly outside: OnnxInitializer[]
  nodes: number
}

/** One graph's own. */
export interface Graph {
  name: string
  readonly inputs: OnnxValue[]
  readonly outputs: OnnxValue[]
}

/**
 * A GraphProto: 1 node, 2 name, 5 initializer, 11 input, 12 output, 15 sparse_initializer. Nodes' attributes are
 * searched for tensors and subgraphs, so that no external path hides there.
 */
export async function readGraph(wire: Wire, range: Range, gathered: Gathered, depth = 0): Promise<Graph> {
  if (depth > MAX_DEPTH) throw overLimit(`Graphs are nested more than ${MAX_DEPTH} deep`)
  const graph: Graph = { name: '', inputs: [], outputs: [] }
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) await readNode(wire, field.range, gathered, depth)
    else if (field.number === 2)
      graph.name = await wire.text(field.range, MAX_STRING_BYTES, 'the name of a graph')
    else if (field.number === 5) addInitializer(gathered, await readTensor(wire, field.range))
    else if (field.number === 15) await readSparse(wire, field, gathered, true)
    else if (field.number === 11 || field.number === 12) {
      const values = field.number === 11 ? graph.inputs : graph.outputs
      values.push(await readValue(wire, field.range))
      if (values.length > MAX_VALUES) throw overLimit(`A graph has more than ${MAX_VALUES} inputs or outputs`)
    }
  })
  return graph
}

/** A NodeProto: 4 op_type, 5 attribute, 7 domain. */
export async function readNode(wire: Wire, range: Range, gathered: Gathered, depth: number): Promise<void> {
  let [name, domain] = ['', '']
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 4) name = await wire.text(field.range, MAX_STRING_BYTES, 'an operator')
    else if (field.number === 7) domain = await wire.text(field.range, MAX_STRING_BYTES, 'a domain')
    else if (field.number === 5) await readAttribute(wire, field.range, gathered, depth)
  })
  gathered.nodes++
  const key = JSON.stringify([domain, name])
  const seen = gathered.operators.get(key)
  if (seen) seen.count++
  else gathered.operators.set(key, { operator: { domain, name }, count: 1 })
  if (gathered.operators.size > MAX_OPERATORS)
    throw overLimit(`More than ${MAX_OPERATORS} different operators`)
}

/** An AttributeProto: 5 t, 6 g, 10 tensors, 11 graphs, 22 sparse_tensor, 23 sparse_tensors. */
export async function readAttribute(
  wire: Wire,
  range: Range,
  gathered: Gathered,
  depth: number,
): Promise<void> {
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 5 || field.number === 10) noteOutside(gathered, await readTensor(wire, field.range))
    else if (field.number === 6 || field.number === 11)
      await readGraph(wire, field.range, gathered, depth + 1)
    else if (field.number === 22 || field.number === 23) await readSparse(wire, field, gathered, false)
  })
}

/** A SparseTensorProto: 1 values, 2 indices. Its values may be an initializer; its indices never are. */
async function readSparse(
  wire: Wire,
  sparse: Field & { kind: 'bytes' },
  gathered: Gathered,
  initializer: boolean,
): Promise<void> {
  await wire.walk(sparse.range, async field => {
    if (field.kind !== 'bytes' || field.number > 2) return
    const tensor = await readTensor(wire, field.range)
    if (field.number === 1 && initializer) addInitializer(gathered, tensor)
    else noteOutside(gathered, tensor)
  })
}

function noteOutside({ outside }: Gathered, tensor: OnnxInitializer): void {
  if (tensor.data.kind !== 'external') return
  outside.push(tensor)
  if (outside.length > MAX_INITIALIZERS)
    throw overLimit(`More than ${MAX_INITIALIZERS} tensors in other files`)
}

function addInitializer({ initializers }: Gathered, tensor: OnnxInitializer): void {
  initializers.push(tensor)
  if (initializers.length > MAX_INITIALIZERS) throw overLimit(`More than ${MAX_INITIALIZERS} initializers`)
}
