import type { ByteSource } from '../../core/index.ts'
import { FormatsError, failing } from '../errors.ts'
import { type Field, type Range, Wire } from '../protobuf/wire.ts'
import type { ModelFormat } from '../types.ts'

/** Fields that are looked at: enough to see each kind's own. */
const MAX_LOOKED_AT = 200

const refuse = failing('FORMAT_UNKNOWN', '')
const enough = Symbol('enough was seen')

/**
 * Which model a protobuf message is, by the numbers and kinds of its fields:
 *
 *   ONNX ModelProto   1 ir_version (number), 7 graph, 8 opset_import
 *   SavedModel        1 schema version (number), 2 meta_graphs
 *   GraphDef          1 node (message of 1 name, 2 op), 2 library, 3 version (number), 4 versions
 */
export async function protobufKind(source: ByteSource): Promise<ModelFormat | undefined> {
  const wire = new Wire(source, { malformed: refuse, overLimit: refuse, truncated: refuse })
  const seen = await firstFields(wire, wire.whole)
  if (seen.fields.length === 0) return undefined
  const has = (number: number, kind: Field['kind']) =>
    seen.fields.some(field => field.number === number && field.kind === kind)
  if (has(1, 'varint')) {
    if (has(7, 'bytes') || has(8, 'bytes')) return 'onnx'
    const only = seen.fields.every(({ number }) => number <= 2)
    return only && has(2, 'bytes') ? 'tensorflow-savedmodel' : undefined
  }
  const [first] = seen.fields
  if (first?.kind !== 'bytes' || first.number !== 1) return undefined
  return (await isNode(wire, first.range)) ? 'tensorflow-graphdef' : undefined
}

/** The fields up to a fault: a truncated model is still recognised. */
async function firstFields(wire: Wire, range: Range): Promise<{ fields: Field[] }> {
  const fields: Field[] = []
  try {
    await wire.walk(range, field => {
      fields.push(field)
      if (fields.length >= MAX_LOOKED_AT) throw enough
    })
  } catch (error) {
    if (error !== enough && !(error instanceof FormatsError)) throw error
  }
  return { fields }
}

/** A NodeDef: 1 name and 2 op are plain text. */
async function isNode(wire: Wire, range: Range): Promise<boolean> {
  const { fields } = await firstFields(wire, range)
  for (const number of [1, 2]) {
    const field = fields.find(other => other.number === number && other.kind === 'bytes')
    if (field?.kind !== 'bytes') return false
    const bytes = await wire.bytes(field.range, 4096, 'a name').catch(() => undefined)
    if (!bytes || bytes.some(byte => byte < 0x20 || byte > 0x7e)) return false
  }
  return true
}
