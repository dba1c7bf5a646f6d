import type { ByteSource } from '../../../core/index.ts'
import { FormatsError, failing } from '../../errors.ts'
import { type Field, type Range, Wire } from '../../protobuf/wire.ts'
import { MAX_METADATA, MAX_PARTS, malformed, overLimit, truncated, wireFailures } from '../limits.ts'
import type { OnnxOpset } from '../types.ts'
import { addMetadata, entriesOf, readConfiguration, readOpset } from './entries.ts'
import { readModelFunction, readTraining } from './functions.ts'
import { readGraph } from './graph.ts'
import type { DeviceConfiguration, FunctionProto, GraphProto, ModelProto, TrainingProto } from './proto.ts'
import { Reading } from './reading.ts'

/** ModelProto's fields that are looked at, and what each holds; others are skipped. */
const FIELDS: ReadonlyMap<number, Field['kind']> = new Map([
  [1, 'varint'],
  [2, 'bytes'],
  [3, 'bytes'],
  [4, 'bytes'],
  [5, 'varint'],
  [6, 'bytes'],
  [7, 'bytes'],
  [8, 'bytes'],
  [14, 'bytes'],
  [20, 'bytes'],
  [25, 'bytes'],
  [26, 'bytes'],
] as const)
/** Numbers in use end at 26; a tenfold leaves room for a future that is not random bytes. */
const HIGHEST_FIELD = 300
/** The format is at 14; it grows by less than one a year. */
const HIGHEST_IR_VERSION = 100

const notOnnx = failing('NOT_ONNX', 'Check that the file was exported as ONNX and transferred as binary.')

interface Found {
  irVersion: number
  modelVersion: number
  producerName: string
  producerVersion: string
  domain: string
  graph: GraphProto | undefined
  readonly opsets: OnnxOpset[]
  readonly functions: FunctionProto[]
  readonly training: TrainingProto[]
  readonly configurations: DeviceConfiguration[]
  readonly metadata: Map<string, string>
}

export interface ReadOptions {
  /** External data may be said to be anywhere: for the scanner, which judges it. */
  readonly anyLocation?: boolean
}

/** A ModelProto. Throws NOT_ONNX, ONNX_TRUNCATED, ONNX_MALFORMED, ONNX_LIMIT or ONNX_EXTERNAL_PATH. */
export async function readModel(source: ByteSource, options: ReadOptions = {}): Promise<ModelProto> {
  if (source.size === 0) throw notOnnx(`${source.name} is empty`)
  const found: Found = {
    irVersion: 0,
    modelVersion: 0,
    producerName: '',
    producerVersion: '',
    domain: '',
    graph: undefined,
    opsets: [],
    functions: [],
    training: [],
    configurations: [],
    metadata: new Map(),
  }
  const reading = new Reading(new Wire(source, wireFailures), options.anyLocation)
  try {
    await reading.wire.walk(reading.wire.whole, field => readField(reading, field, found))
  } catch (cause) {
    // What fails before anything of a model was seen was never one.
    const started = found.irVersion > 0 || source.size < 8
    if (started || !(cause instanceof FormatsError) || cause.code !== 'ONNX_MALFORMED') throw cause
    throw notOnnx(`${source.name} does not begin as an ONNX model does: ${cause.message}`, { cause })
  }
  return complete(source, found)
}

async function readField(reading: Reading, field: Field, found: Found): Promise<void> {
  checkPlausible(reading, field)
  if (field.kind === 'varint') {
    if (field.number === 1) found.irVersion = irVersion(reading, field.value)
    else if (field.number === 5) found.modelVersion = Number(BigInt.asIntN(64, field.value))
  } else if (field.kind === 'bytes') await readPart(reading, field.number, field.range, found)
}

async function readPart(reading: Reading, number: number, range: Range, found: Found): Promise<void> {
  switch (number) {
    case 2:
      found.producerName = await reading.text(range, 'producer_name')
      return
    case 3:
      found.producerVersion = await reading.text(range, 'producer_version')
      return
    case 4:
      found.domain = await reading.text(range, 'the domain of the model')
      return
    case 7:
      if (found.graph) throw malformed(`${reading.wire.source.name} has two graphs`)
      found.graph = await readGraph(reading, range)
      return
    case 8:
      found.opsets.push(await readOpset(reading, range))
      if (found.opsets.length > MAX_METADATA) throw overLimit(`More than ${MAX_METADATA} opset imports`)
      return
    case 14:
      return addMetadata(reading, range, found.metadata)
    case 20:
      return addPart(found.training, await readTraining(reading, range))
    case 25:
      return addPart(found.functions, await readModelFunction(reading, range))
    case 26:
      return addPart(found.configurations, await readConfiguration(reading, range))
  }
}

function addPart<T>(parts: T[], part: T): void {
  parts.push(part)
  if (parts.length > MAX_PARTS)
    throw overLimit(`More than ${MAX_PARTS} functions, training graphs or devices`)
}

function checkPlausible(reading: Reading, field: Field): void {
  const expected = FIELDS.get(field.number)
  if (field.number <= HIGHEST_FIELD && (expected === undefined || expected === field.kind)) return
  throw malformed(
    `${reading.wire.source.name} has a field ${field.number} of the kind ${field.kind}, which no model has`,
  )
}

function irVersion(reading: Reading, value: bigint): number {
  if (value >= 1n && value <= BigInt(HIGHEST_IR_VERSION)) return Number(value)
  throw malformed(`${reading.wire.source.name} has the ir_version ${BigInt.asIntN(64, value)}`)
}

function complete(source: ByteSource, { graph, metadata, ...found }: Found): ModelProto {
  if (found.irVersion === 0) throw notOnnx(`${source.name} has no ir_version, which every ONNX model has`)
  if (!graph) throw truncated(`${source.name} ends at byte ${source.size} before its graph begins`)
  // Since IR version 3 a model must import an operator set.
  if (found.irVersion >= 3 && found.opsets.length === 0)
    throw truncated(`${source.name} ends at byte ${source.size} without an opset import`)
  return { ...found, graph, metadata: entriesOf(metadata) }
}
