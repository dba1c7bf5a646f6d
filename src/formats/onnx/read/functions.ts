import type { Range } from '../../protobuf/wire.ts'
import type { OnnxOpset } from '../types.ts'
import { addMetadata, entriesOf, readOpset } from './entries.ts'
import { readAttribute, readGraph, readNode } from './graph.ts'
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  NodeProto,
  TrainingProto,
  ValueProto,
} from './proto.ts'
import type { Reading } from './reading.ts'
import { readValue } from './values.ts'

/**
 * A FunctionProto: 1 name, 4 input, 5 output, 7 node, 9 opset_import, 10 domain, 11 attribute_proto, 12 value_info,
 * 13 overload, 14 metadata_props.
 */
export async function readModelFunction(reading: Reading, range: Range): Promise<FunctionProto> {
  let [name, domain, overload] = ['', '', '']
  const [inputs, outputs]: [string[], string[]] = [[], []]
  const nodes: NodeProto[] = []
  const attributes: AttributeProto[] = []
  const values: ValueProto[] = []
  const opsets: OnnxOpset[] = []
  const metadata = new Map<string, string>()
  await reading.wire.walk(range, async ({ kind, number, ...field }) => {
    if (kind !== 'bytes' || !('range' in field)) return
    const part = field.range
    if (number === 1) name = await reading.text(part, 'the name of a function')
    else if (number === 4) inputs.push(await reading.text(part, 'an input'))
    else if (number === 5) outputs.push(await reading.text(part, 'an output'))
    else if (number === 7) nodes.push(await readNode(reading, part, 0))
    else if (number === 9) opsets.push(await readOpset(reading, part))
    else if (number === 10) domain = await reading.text(part, 'a domain')
    else if (number === 11) attributes.push(await readAttribute(reading, part, 0))
    else if (number === 12) values.push(await readValue(reading, part))
    else if (number === 13) overload = await reading.text(part, 'an overload')
    else if (number === 14) await addMetadata(reading, part, metadata)
  })
  if (domain === 'ai.onnx') domain = ''
  return {
    name,
    domain,
    overload,
    inputs,
    outputs,
    nodes,
    attributes,
    values,
    opsets,
    metadata: entriesOf(metadata),
  }
}

/** A TrainingInfoProto: 1 initialization, 2 algorithm. Its bindings name values; they hold nothing. */
export async function readTraining(reading: Reading, range: Range): Promise<TrainingProto> {
  let [initialization, algorithm]: (GraphProto | undefined)[] = []
  await reading.wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) initialization = await readGraph(reading, field.range)
    if (field.number === 2) algorithm = await readGraph(reading, field.range)
  })
  return { initialization, algorithm }
}
