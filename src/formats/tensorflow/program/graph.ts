import type { Range, Wire } from '../../protobuf/wire.ts'
import type { TensorflowFailures } from '../failures.ts'
import { MAX_NAME_BYTES } from '../limits.ts'
import { readValue } from './attribute.ts'
import { parseReference, type Reference } from './references.ts'
import type {
  AttributeValue,
  FunctionArgument,
  NodeAttributes,
  ProgramFunction,
  ProgramNode,
} from './types.ts'

/** Nodes of the main graph, or of one function. */
const MAX_NODES = 1_000_000
const MAX_INPUTS = 100_000
const MAX_ATTRIBUTES = 1000

export interface GraphParts {
  readonly nodes: readonly ProgramNode[]
  /** Where each function stands. */
  readonly functions: ReadonlyMap<string, Range>
}

/** A GraphDef: 1 node, 2 library (1 function). Functions are found, and read when they are called. */
export async function readGraphParts(
  wire: Wire,
  range: Range,
  fail: TensorflowFailures,
): Promise<GraphParts> {
  const nodes: ProgramNode[] = []
  const functions = new Map<string, Range>()
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) nodes.push(await counted(wire, field.range, nodes, fail))
    if (field.number !== 2) return
    await wire.walk(field.range, async part => {
      if (part.kind !== 'bytes' || part.number !== 1) return
      const name = await functionName(wire, part.range)
      if (functions.has(name))
        throw fail.malformed(
          { name: wire.source.name, offset: part.range.start },
          `there are two functions '${name.slice(0, 200)}'`,
        )
      functions.set(name, part.range)
    })
  })
  return { nodes, functions }
}

async function counted(
  wire: Wire,
  range: Range,
  nodes: readonly ProgramNode[],
  fail: TensorflowFailures,
): Promise<ProgramNode> {
  if (nodes.length >= MAX_NODES)
    throw fail.limit({ name: wire.source.name, offset: range.start }, `more than ${MAX_NODES} nodes`)
  return readNode(wire, range, fail)
}

async function functionName(wire: Wire, range: Range): Promise<string> {
  let name = ''
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes' || field.number !== 1) return
    await wire.walk(field.range, async part => {
      if (part.kind === 'bytes' && part.number === 1)
        name = await wire.text(part.range, MAX_NAME_BYTES, 'the name of a function')
    })
  })
  return name
}

/** A NodeDef: 1 name, 2 op, 3 input, 5 attr (1 key, 2 value). */
async function readNode(wire: Wire, range: Range, fail: TensorflowFailures): Promise<ProgramNode> {
  let [name, op] = ['', '']
  const inputs: Reference[] = []
  const controls: string[] = []
  const entries: Range[] = []
  const place = { name: wire.source.name, offset: range.start }
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) name = await wire.text(field.range, MAX_NAME_BYTES, 'the name of a node')
    else if (field.number === 2) op = await wire.text(field.range, MAX_NAME_BYTES, 'the op of a node')
    else if (field.number === 3) {
      const text = await wire.text(field.range, MAX_NAME_BYTES, 'an input of a node')
      if (text.startsWith('^')) controls.push(text.slice(1))
      else inputs.push(referenceOf(text, () => fail.malformed(place, `'${text}' is no input of a node`)))
      if (inputs.length + controls.length > MAX_INPUTS)
        throw fail.limit(place, `a node has more than ${MAX_INPUTS} inputs`)
    } else if (field.number === 5) {
      entries.push(field.range)
      if (entries.length > MAX_ATTRIBUTES)
        throw fail.limit(place, `a node has more than ${MAX_ATTRIBUTES} attributes`)
    }
  })
  return { name, op, inputs, controls, attributes: await readEntries(wire, entries, name, fail), place }
}

/** Throws what `wrong` makes, for a text that is none. */
function referenceOf(text: string, wrong: () => Error): Reference {
  const reference = parseReference(text)
  if (reference) return reference
  throw wrong()
}

/** Entries of a map from names to AttrValue: 1 key, 2 value. */
async function readEntries(
  wire: Wire,
  entries: readonly Range[],
  node: string,
  fail: TensorflowFailures,
): Promise<NodeAttributes> {
  const attributes = new Map<string, AttributeValue>()
  for (const entry of entries) {
    let key = ''
    let value: Range | undefined
    await wire.walk(entry, async field => {
      if (field.kind !== 'bytes') return
      if (field.number === 1) key = await wire.text(field.range, MAX_NAME_BYTES, 'the name of an attribute')
      if (field.number === 2) value = field.range
    })
    if (key.startsWith('_') || !value) continue
    const read = await readValue(wire, value, node, fail)
    if (read) attributes.set(key, read)
  }
  return attributes
}

/**
 * A FunctionDef: 1 signature (OpDef: 1 name, 2 input_arg and 3 output_arg with 1 name and 3 type), 3 node_def, 4 ret
 * (1 key, 2 value), 5 attr, 6 control_ret.
 */
export async function readProgramFunction(
  wire: Wire,
  range: Range,
  fail: TensorflowFailures,
): Promise<ProgramFunction> {
  let name = ''
  const inputs: FunctionArgument[] = []
  const outputs: FunctionArgument[] = []
  const nodes: ProgramNode[] = []
  const returned = new Map<string, string>()
  const controls: string[] = []
  const entries: Range[] = []
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 3) nodes.push(await counted(wire, field.range, nodes, fail))
    else if (field.number === 4) returned.set(...(await readPair(wire, field.range)))
    else if (field.number === 5) entries.push(field.range)
    else if (field.number === 6) controls.push((await readPair(wire, field.range))[1])
    else if (field.number === 1)
      await wire.walk(field.range, async part => {
        if (part.kind !== 'bytes') return
        if (part.number === 1) name = await wire.text(part.range, MAX_NAME_BYTES, 'the name of a function')
        if (part.number === 2) inputs.push(await readArgument(wire, part.range))
        if (part.number === 3) outputs.push(await readArgument(wire, part.range))
      })
  })
  const place = { name: wire.source.name, offset: range.start }
  const results = outputs.map(output => {
    const text = returned.get(output.name) ?? ''
    return referenceOf(text, () =>
      fail.malformed(place, `the function '${name}' does not say what its output '${output.name}' is`),
    )
  })
  const attributes = await readEntries(wire, entries, name, fail)
  return { name, arguments: inputs, results, controls, nodes, attributes }
}

/** An ArgDef: 1 name, 3 type. */
async function readArgument(wire: Wire, range: Range): Promise<FunctionArgument> {
  let name = ''
  let dtype = 0
  await wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number === 1)
      name = await wire.text(field.range, MAX_NAME_BYTES, 'the name of an argument')
    if (field.kind === 'varint' && field.number === 3) dtype = Number(BigInt.asIntN(32, field.value))
  })
  return { name, dtype }
}

/** An entry of a map from names to names. */
async function readPair(wire: Wire, range: Range): Promise<[string, string]> {
  const pair: [string, string] = ['', '']
  await wire.walk(range, async field => {
    if (field.kind === 'bytes' && (field.number === 1 || field.number === 2))
      pair[field.number - 1] = await wire.text(field.range, MAX_NAME_BYTES, 'the name of a value')
  })
  return pair
}
