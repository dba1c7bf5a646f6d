import type { Flatbuffer, Table } from '../flatbuffers/reader.ts'
import type { Attribute, GraphNode } from '../types.ts'
import type { BufferRange } from './buffers.ts'
import { fail } from './limits.ts'
import type { Operator } from './operator-codes.ts'
import { type LiteTensor, readTensor } from './tensors.ts'

export interface Subgraph {
  readonly name: string
  readonly tensors: readonly LiteTensor[]
  /** Indices of tensors. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  readonly nodes: readonly GraphNode[]
}

/** Options that name other subgraphs, by their place in the union: which fields they are. */
const SUBGRAPH_OPTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['IF', ['then', 'else']],
  ['WHILE', ['condition', 'body']],
  ['CALL_ONCE', ['init']],
])

/** A SubGraph: 0 tensors, 1 inputs, 2 outputs, 3 operators, 4 name. */
export async function readSubgraph(
  buffer: Flatbuffer,
  table: Table,
  index: number,
  codes: readonly Operator[],
  buffers: readonly BufferRange[],
): Promise<Subgraph> {
  const tensors: LiteTensor[] = []
  for (const at of await buffer.tables(table, 0))
    tensors.push(await readTensor(buffer, await buffer.table(at), tensors.length, buffers))
  const nodes: GraphNode[] = []
  for (const at of await buffer.tables(table, 3))
    nodes.push(await readOperator(buffer, await buffer.table(at), nodes.length, codes, tensors))
  const indices = async (slot: number) => {
    const found = (await buffer.int32s(table, slot)) ?? []
    for (const one of found)
      if (!tensors[one])
        throw fail.malformed(
          { name: buffer.source.name, offset: table.at },
          `a subgraph names tensor ${one} of ${tensors.length}`,
        )
    return found
  }
  const name = (await buffer.text(table, 4)) || (index === 0 ? 'main' : `subgraph ${index}`)
  return { name, tensors, inputs: await indices(1), outputs: await indices(2), nodes }
}

/** An Operator: 0 opcode_index, 1 inputs, 2 outputs, 4 builtin_options, 5 custom_options. −1 is no input. */
async function readOperator(
  buffer: Flatbuffer,
  table: Table,
  index: number,
  codes: readonly Operator[],
  tensors: readonly LiteTensor[],
): Promise<GraphNode> {
  const place = { name: buffer.source.name, offset: table.at }
  const number = await buffer.scalar(table, 0, 'uint32')
  const operator = codes[number]
  if (!operator) throw fail.malformed(place, `an operator has the code ${number} of ${codes.length}`)
  const named = async (slot: number) =>
    ((await buffer.int32s(table, slot)) ?? []).map(one => {
      if (one === -1) return ''
      const tensor = tensors[one]
      if (!tensor) throw fail.malformed(place, `an operator names tensor ${one} of ${tensors.length}`)
      return tensor.name
    })
  const [inputs, outputs] = [await named(1), await named(2)]
  const attributes = await attributesOf(buffer, table, operator)
  return {
    name: outputs.find(output => output !== '') ?? `operator ${index}`,
    op: operator.name,
    ...(operator.custom && { domain: 'custom' }),
    inputs,
    outputs,
    ...(Object.keys(attributes).length > 0 && { attributes }),
  }
}

async function attributesOf(
  buffer: Flatbuffer,
  table: Table,
  { name, custom, version }: Operator,
): Promise<Record<string, Attribute>> {
  const attributes: Record<string, Attribute> = {}
  if (version > 1) attributes['version'] = version
  const options = custom ? await buffer.vector(table, 5, 1) : undefined
  if (options && options.length > 0) attributes['options'] = { bytes: options.length }
  const fields = custom ? undefined : SUBGRAPH_OPTIONS.get(name)
  const union = fields && (await buffer.child(table, 4))
  if (union)
    for (const [slot, field] of fields.entries())
      attributes[field] = await buffer.scalar(union, slot, 'int32')
  return attributes
}
