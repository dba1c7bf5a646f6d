import { Flatbuffer, type Table } from '../flatbuffers/reader.ts'
import type { ModelInput } from '../ports.ts'
import type { Signature } from '../types.ts'
import { readBuffers } from './buffers.ts'
import { elementsOf } from './elements.ts'
import { fail, MAX_SUBGRAPHS } from './limits.ts'
import { type Operator, readOperatorCodes } from './operator-codes.ts'
import { readSignatures } from './signatures.ts'
import { readSubgraph } from './subgraph.ts'
import type { LiteTensor } from './tensors.ts'
import { textElements } from './text.ts'

/** A model of TensorFlow Lite whole, for those who compute with it. */
export interface LiteProgram {
  readonly subgraphs: readonly LiteSubgraph[]
  readonly signatures: readonly Signature[]
  /** A constant's elements, little-endian, in pieces; sparse ones made whole. */
  read(tensor: LiteTensor): AsyncGenerator<Uint8Array, void>
  /** A constant's texts. */
  readText(tensor: LiteTensor): AsyncGenerator<string, void>
}

export interface LiteSubgraph {
  readonly name: string
  readonly tensors: readonly LiteTensor[]
  /** Places among `tensors`. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  readonly operators: readonly LiteOperator[]
}

export interface LiteOperator {
  readonly name: string
  /** Brought by the program that runs the model. */
  readonly custom: boolean
  /** −1 where an input is left out. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  readonly options: LiteOptions
}

/** The fields of an operator's options, by their slot in the schema; the fallback is the schema's own. */
export interface LiteOptions {
  int(slot: number, fallback?: number): Promise<number>
  /** Enumerations and booleans. */
  byte(slot: number, fallback?: number): Promise<number>
  float(slot: number, fallback?: number): Promise<number>
  ints(slot: number): Promise<readonly number[] | undefined>
}

/** Reads the graphs of a .tflite with what their operators say. Throws as `openTflite`. */
export async function readLiteProgram({ source }: ModelInput): Promise<LiteProgram> {
  const buffer = new Flatbuffer(source, fail)
  const model = await buffer.root('TFL3')
  const codes = await readOperatorCodes(buffer, model)
  const buffers = await readBuffers(buffer, model)
  const tables = await buffer.tables(model, 2)
  if (tables.length > MAX_SUBGRAPHS)
    throw fail.limit({ name: source.name }, `more than ${MAX_SUBGRAPHS} subgraphs`)
  const described = []
  const subgraphs: LiteSubgraph[] = []
  for (const [index, at] of tables.entries()) {
    const table = await buffer.table(at)
    const read = await readSubgraph(buffer, table, index, codes, buffers)
    described.push(read)
    const { name, tensors, inputs, outputs } = read
    const operators: LiteOperator[] = []
    for (const place of await buffer.tables(table, 3))
      operators.push(await readOperator(buffer, await buffer.table(place), codes, tensors.length))
    subgraphs.push({ name, tensors, inputs, outputs, operators })
  }
  return {
    subgraphs,
    signatures: await readSignatures(buffer, model, described),
    read: tensor => elementsOf(source, tensor),
    async *readText({ name, data, elements }) {
      if (data) yield* textElements(source, data, elements, name)
    },
  }
}

/** An Operator: 0 opcode_index, 1 inputs, 2 outputs, 4 builtin_options; its tensors were checked by `readSubgraph`. */
async function readOperator(
  buffer: Flatbuffer,
  table: Table,
  codes: readonly Operator[],
  tensors: number,
): Promise<LiteOperator> {
  const code = codes[await buffer.scalar(table, 0, 'uint32')]
  const indices = async (slot: number) => (await buffer.int32s(table, slot)) ?? []
  const [inputs, outputs] = [await indices(1), await indices(2)]
  const place = { name: buffer.source.name, offset: table.at }
  if (!code || [...inputs, ...outputs].some(one => one < -1 || one >= tensors))
    throw fail.malformed(place, 'an operator names a code or a tensor that is not there')
  const union = code.custom ? undefined : await buffer.child(table, 4)
  return { name: code.name, custom: code.custom, inputs, outputs, options: optionsOf(buffer, union) }
}

/** Options that are not there have every field's own default. */
function optionsOf(buffer: Flatbuffer, table: Table | undefined): LiteOptions {
  return {
    int: async (slot, fallback = 0) => (table ? buffer.scalar(table, slot, 'int32', fallback) : fallback),
    byte: async (slot, fallback = 0) => (table ? buffer.scalar(table, slot, 'int8', fallback) : fallback),
    float: async (slot, fallback = 0) => (table ? buffer.scalar(table, slot, 'float32', fallback) : fallback),
    ints: async slot => (table ? buffer.int32s(table, slot) : undefined),
  }
}
