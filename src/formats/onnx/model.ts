import type { ByteSource } from '../../core/index.ts'
import { FormatsError, failing } from '../errors.ts'
import { type Field, type Range, Wire } from '../protobuf/wire.ts'
import { readModelFunction, readTraining } from './functions.ts'
import { type Gathered, type Graph, readGraph } from './graph.ts'
import {
  MAX_METADATA,
  MAX_METADATA_BYTES,
  MAX_STRING_BYTES,
  malformed,
  overLimit,
  truncated,
  wireFailures,
} from './limits.ts'
import { bytesOf, readEntry } from './tensor.ts'
import type { OnnxDescription, OnnxExternalFile, OnnxInitializer, OnnxOpset } from './types.ts'

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
] as const)
/** Numbers in use end at 26; a tenfold leaves room for a future that is not random bytes. */
const HIGHEST_FIELD = 300
/** The format is at 13; it grows by less than one a year. */
const HIGHEST_IR_VERSION = 100

const notOnnx = failing('NOT_ONNX', 'Check that the file was exported as ONNX and transferred as binary.')

interface Found {
  irVersion: number
  modelVersion: number
  producerName: string
  producerVersion: string
  graph: Graph | undefined
  readonly opsets: OnnxOpset[]
  readonly metadata: Map<string, string>
  readonly gathered: Gathered
}

export async function readModel(source: ByteSource): Promise<OnnxDescription> {
  if (source.size === 0) throw notOnnx(`${source.name} is empty`)
  const found: Found = {
    irVersion: 0,
    modelVersion: 0,
    producerName: '',
    producerVersion: '',
    graph: undefined,
    opsets: [],
    metadata: new Map(),
    gathered: { initializers: [], operators: new Map(), outside: [], nodes: 0 },
  }
  const wire = new Wire(source, wireFailures)
  try {
    await wire.walk(wire.whole, field => readField(wire, field, found))
  } catch (cause) {
    // What fails before anything of a model was seen was never one.
    const started = found.irVersion > 0 || source.size < 8
    if (started || !(cause instanceof FormatsError) || cause.code !== 'ONNX_MALFORMED') throw cause
    throw notOnnx(`${source.name} does not begin as an ONNX model does: ${cause.message}`, { cause })
  }
  return describe(source, found)
}

async function readField(wire: Wire, field: Field, found: Found): Promise<void> {
  checkPlausible(wire, field)
  if (field.kind === 'varint') {
    if (field.number === 1) found.irVersion = irVersion(wire, field.value)
    else if (field.number === 5) found.modelVersion = Number(BigInt.asIntN(64, field.value))
  } else if (field.kind === 'bytes') await readPart(wire, field.number, field.range, found)
}

async function readPart(wire: Wire, number: number, range: Range, found: Found): Promise<void> {
  switch (number) {
    case 2:
      found.producerName = await wire.text(range, MAX_STRING_BYTES, 'producer_name')
      return
    case 3:
      found.producerVersion = await wire.text(range, MAX_STRING_BYTES, 'producer_version')
      return
    case 7:
      if (found.graph) throw malformed(`${wire.source.name} has two graphs`)
      found.graph = await readGraph(wire, range, found.gathered)
      return
    case 8:
      found.opsets.push(await readOpset(wire, range))
      if (found.opsets.length > 1000) throw overLimit('More than 1000 opset imports')
      return
    case 14:
      await readEntry(wire, range, found.metadata, MAX_METADATA_BYTES)
      if (found.metadata.size > MAX_METADATA) throw overLimit(`More than ${MAX_METADATA} metadata_props`)
      return
    case 20:
      await readTraining(wire, range, found.gathered)
      return
    case 25:
      await readModelFunction(wire, range, found.gathered)
      return
  }
}

function checkPlausible(wire: Wire, field: Field): void {
  const expected = FIELDS.get(field.number)
  if (field.number <= HIGHEST_FIELD && (expected === undefined || expected === field.kind)) return
  throw malformed(
    `${wire.source.name} has a field ${field.number} of the kind ${field.kind}, which no model has`,
  )
}

function irVersion(wire: Wire, value: bigint): number {
  if (value >= 1n && value <= BigInt(HIGHEST_IR_VERSION)) return Number(value)
  throw malformed(`${wire.source.name} has the ir_version ${BigInt.asIntN(64, value)}`)
}

/** OperatorSetIdProto: 1 domain, 2 version. */
async function readOpset(wire: Wire, range: Range): Promise<OnnxOpset> {
  let [domain, version] = ['', 0]
  await wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number === 1)
      domain = await wire.text(field.range, MAX_STRING_BYTES, 'a domain')
    if (field.kind === 'varint' && field.number === 2) version = Number(BigInt.asIntN(64, field.value))
  })
  return { domain: domain === 'ai.onnx' ? '' : domain, version }
}

function describe(source: ByteSource, found: Found): OnnxDescription {
  const { graph, gathered } = found
  if (found.irVersion === 0) throw notOnnx(`${source.name} has no ir_version, which every ONNX model has`)
  if (!graph) throw truncated(`${source.name} ends at byte ${source.size} before its graph begins`)
  // Since IR version 3 a model must import an operator set.
  if (found.irVersion >= 3 && found.opsets.length === 0)
    throw truncated(`${source.name} ends at byte ${source.size} without an opset import`)
  const named = new Set(gathered.initializers.map(({ name }) => name))
  const external = externalFiles([...gathered.initializers, ...gathered.outside])
  return {
    irVersion: found.irVersion,
    producer: { name: found.producerName, version: found.producerVersion },
    modelVersion: found.modelVersion,
    opsets: found.opsets,
    graph: graph.name,
    inputs: graph.inputs.filter(({ name }) => !named.has(name)),
    outputs: graph.outputs,
    initializers: gathered.initializers,
    nodes: gathered.nodes,
    operators: [...gathered.operators.values()]
      .map(({ operator, count }) => ({ ...operator, count }))
      .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)),
    parameters: gathered.initializers.reduce((sum, { elements }) => sum + elements, 0),
    fileBytes: source.size,
    totalBytes: external.reduce((sum, { bytes }) => sum + bytes, source.size),
    external,
    metadata: [...found.metadata].map(([key, value]) => ({ key, value })),
  }
}

/** Each file once, with how far its tensors reach. */
function externalFiles(initializers: readonly OnnxInitializer[]): readonly OnnxExternalFile[] {
  const files = new Map<string, number>()
  for (const { dtype, elements, data } of initializers) {
    if (data.kind !== 'external') continue
    const end = data.offset + (data.length ?? bytesOf(dtype, elements) ?? 0)
    files.set(data.location, Math.max(files.get(data.location) ?? 0, end))
  }
  return [...files].map(([location, bytes]) => ({ location, bytes }))
}
