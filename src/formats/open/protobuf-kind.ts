import type { ByteSource } from '../../core/index.ts'
import { FormatsError, failing } from '../errors.ts'
import { type Field, type Range, Wire } from '../protobuf/wire.ts'
import type { Detected } from './detected.ts'

/** Fields that are looked at: enough to see each kind's own. */
const MAX_LOOKED_AT = 200
/** A tag and a number of ten bytes each, and the tag behind them. */
const MAX_HEADER = 21

const refuse = failing('FORMAT_UNKNOWN', '')
const enough = Symbol('enough was seen')

/** `object_graph_def`. */
const LAST_OF_META_GRAPH = 7
/** `saved_model_schema_version` has had this one value. */
const SAVED_MODEL_SCHEMA = 1n
/** ONNX was released with IR version 3, and goes up by one a year. */
const IR_VERSIONS = { first: 3n, last: 64n }

/**
 * Which model a protobuf message is, by the numbers and kinds of its fields:
 *
 *   ONNX ModelProto   1 ir_version (number), 7 graph, 8 opset_import
 *   SavedModel        1 schema version (number), 2 meta_graphs
 *   GraphDef          1 node (message of 1 name, 2 op), 2 library, 3 version (number), 4 versions
 *   MetaGraphDef      1 meta_info_def, 2 graph_def, 3 saver_def, 4 collection_def, 5 signature_def: messages
 *
 * A field that the file's end cuts off counts, so that a truncated model is still recognised.
 */
export async function protobufKind(source: ByteSource): Promise<Detected | undefined> {
  const wire = new Wire(source, { malformed: refuse, overLimit: refuse, truncated: refuse })
  const fields = await firstFields(wire, wire.whole)
  const [first] = fields
  if (!first) return undefined
  const last = fields.length < MAX_LOOKED_AT ? await cutField(source, fields.at(-1)!) : undefined
  const has = (number: number) =>
    last === number || fields.some(field => field.number === number && field.kind === 'bytes')
  if (first.number === 1 && first.kind === 'bytes') {
    if (await isNode(wire, first.range)) return 'tensorflow-graphdef'
    return (await isMetaGraph(wire, fields)) ? 'tensorflow-metagraph' : undefined
  }
  const version = fields.find(({ number, kind }) => number === 1 && kind === 'varint')
  if (version?.kind !== 'varint') return undefined
  // Their numbers are other things in ONNX: the fingerprint beside a SavedModel looks like one.
  if (fields.some(({ number, kind }) => number > 1 && number < 9 && number !== 5 && kind !== 'bytes'))
    return undefined
  if (has(7) || has(8)) return 'onnx'
  if (!has(2) || fields.some(({ number }) => number > 6)) return undefined
  if (version.value === SAVED_MODEL_SCHEMA)
    return fields.every(({ number }) => number <= 2) ? 'tensorflow-savedmodel' : undefined
  // The names of its producer alone: cut off before the graph.
  return version.value >= IR_VERSIONS.first && version.value <= IR_VERSIONS.last ? 'onnx' : undefined
}

/** The fields up to a fault. */
async function firstFields(wire: Wire, range: Range): Promise<readonly Field[]> {
  const fields: Field[] = []
  try {
    await wire.walk(range, field => {
      fields.push(field)
      if (fields.length >= MAX_LOOKED_AT) throw enough
    })
  } catch (error) {
    if (error !== enough && !(error instanceof FormatsError)) throw error
  }
  return fields
}

/** The number of what follows the last whole field: a message or text that goes beyond the file's end. */
async function cutField(source: ByteSource, whole: Field): Promise<number | undefined> {
  const start = whole.kind === 'varint' ? whole.start : whole.range.end
  const bytes = await source.read(start, Math.min(MAX_HEADER, source.size - start))
  // Behind a number's own tag and digits: each ends with a byte under 0x80.
  const ends = [...bytes.keys()].filter(i => bytes[i]! < 0x80)
  const tag = bytes[whole.kind === 'varint' ? (ends[1] ?? Number.NaN) + 1 : 0]
  return tag !== undefined && tag < 0x80 && (tag & 7) === 2 ? tag >> 3 : undefined
}

/** A MetaGraphDef: its fields are messages, and the second is a graph. */
async function isMetaGraph(wire: Wire, fields: readonly Field[]): Promise<boolean> {
  if (fields.some(({ number, kind }) => number > LAST_OF_META_GRAPH || kind !== 'bytes')) return false
  const graph = fields.find(({ number }) => number === 2)
  if (graph?.kind !== 'bytes') return false
  const [node] = await firstFields(wire, graph.range)
  return node?.kind === 'bytes' && node.number === 1 && (await isNode(wire, node.range))
}

/** A NodeDef: 1 name and 2 op are plain text. */
async function isNode(wire: Wire, range: Range): Promise<boolean> {
  const fields = await firstFields(wire, range)
  for (const number of [1, 2]) {
    const field = fields.find(other => other.number === number && other.kind === 'bytes')
    if (field?.kind !== 'bytes') return false
    const bytes = await wire.bytes(field.range, 4096, 'a name').catch(() => undefined)
    if (!bytes || bytes.some(byte => byte < 0x20 || byte > 0x7e)) return false
  }
  return true
}
