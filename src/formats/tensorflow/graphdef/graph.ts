import type { Range, Wire } from '../../protobuf/wire.ts'
import type { GraphNode, ModelGraph } from '../../types.ts'
import type { TensorflowFailures } from '../failures.ts'
import { MAX_NAME_BYTES } from '../limits.ts'
import { readNode, type TensorflowNode } from './node.ts'

/** A function of the library. */
export interface TensorflowFunction {
  readonly name: string
  /** Names of its arguments, in order. */
  readonly inputs: readonly string[]
  readonly nodes: readonly TensorflowNode[]
}

export interface TensorflowGraph {
  readonly nodes: readonly TensorflowNode[]
  readonly functions: readonly TensorflowFunction[]
  /** Version of the graph's format that its writer had. */
  readonly producer: number
}

/** Nodes over all functions: large language models have some 50,000. */
const MAX_NODES = 1_000_000
const MAX_FUNCTIONS = 200_000
const MAX_ARGUMENTS = 100_000

/** A GraphDef: 1 node, 2 library (1 function), 4 versions (1 producer). */
export async function readGraph(
  wire: Wire,
  range: Range,
  fail: TensorflowFailures,
): Promise<TensorflowGraph> {
  const nodes: TensorflowNode[] = []
  const functions: TensorflowFunction[] = []
  const budget = { nodes: MAX_NODES }
  let producer = 0
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) nodes.push(await countedNode(wire, field.range, budget, fail))
    else if (field.number === 2)
      await wire.walk(field.range, async part => {
        if (part.kind !== 'bytes' || part.number !== 1) return
        functions.push(await readFunction(wire, part.range, budget, fail))
        if (functions.length > MAX_FUNCTIONS)
          throw fail.limit({ name: wire.source.name }, `more than ${MAX_FUNCTIONS} functions`)
      })
    else if (field.number === 4)
      await wire.walk(field.range, part => {
        if (part.kind === 'varint' && part.number === 1) producer = Number(BigInt.asIntN(32, part.value))
      })
  })
  return { nodes, functions, producer }
}

async function countedNode(
  wire: Wire,
  range: Range,
  budget: { nodes: number },
  fail: TensorflowFailures,
): Promise<TensorflowNode> {
  if (--budget.nodes < 0)
    throw fail.limit({ name: wire.source.name, offset: range.start }, `more than ${MAX_NODES} nodes`)
  return readNode(wire, range, fail)
}

/** A FunctionDef: 1 signature (OpDef: 1 name, 2 input_arg with 1 name), 3 node_def. */
async function readFunction(
  wire: Wire,
  range: Range,
  budget: { nodes: number },
  fail: TensorflowFailures,
): Promise<TensorflowFunction> {
  let name = ''
  const inputs: string[] = []
  const nodes: TensorflowNode[] = []
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 3) nodes.push(await countedNode(wire, field.range, budget, fail))
    if (field.number !== 1) return
    await wire.walk(field.range, async part => {
      if (part.kind !== 'bytes') return
      if (part.number === 1) name = await wire.text(part.range, MAX_NAME_BYTES, 'the name of a function')
      if (part.number !== 2) return
      await wire.walk(part.range, async argument => {
        if (argument.kind === 'bytes' && argument.number === 1)
          inputs.push(await wire.text(argument.range, MAX_NAME_BYTES, 'the name of an argument'))
      })
      if (inputs.length > MAX_ARGUMENTS)
        throw fail.limit({ name: wire.source.name, offset: range.start }, 'a function has too many arguments')
    })
  })
  return { name, inputs, nodes }
}

/** The graph as descriptions have it. */
export function describeGraph(name: string, { nodes, functions }: TensorflowGraph): ModelGraph {
  const counts = new Map<string, number>()
  for (const list of [nodes, ...functions.map(({ nodes: inside }) => inside)])
    for (const { op } of list) counts.set(op, (counts.get(op) ?? 0) + 1)
  const operators = Array.from(counts, ([op, count]) => ({ name: op, count }))
  return {
    name,
    kind: 'dataflow',
    nodes: nodes.map(describeNode),
    subgraphs: functions.map(({ name: own, nodes: inside }) => ({
      name: own,
      nodes: inside.map(describeNode),
    })),
    operators: operators.toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)),
  }
}

function describeNode({ name, op, inputs, device, attributes }: TensorflowNode): GraphNode {
  const shown = device ? [...attributes, ['device', device] as const] : [...attributes]
  return {
    name,
    op,
    inputs,
    outputs: [name],
    ...(shown.length > 0 && { attributes: Object.fromEntries(shown) }),
  }
}
