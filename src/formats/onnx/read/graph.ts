import type { Field, Range } from '../../protobuf/wire.ts'
import { MAX_DEPTH, MAX_VALUES, overLimit } from '../limits.ts'
import { addMetadata, entriesOf } from './entries.ts'
import { addFloats, addInts, NumberList, readFloat, readLongText } from './lists.ts'
import type {
  AttributeProto,
  AttributeValue,
  GraphProto,
  LongText,
  NodeProto,
  SparseTensorProto,
  TensorProto,
  ValueProto,
} from './proto.ts'
import type { Reading } from './reading.ts'
import { readSparse, readTensor } from './tensor.ts'
import { readType, readValue } from './values.ts'

/**
 * A GraphProto: 1 node, 2 name, 5 initializer, 11 input, 12 output, 13 value_info, 14 quantization_annotation,
 * 15 sparse_initializer, 16 metadata_props. Nodes' attributes may hold graphs again, down to MAX_DEPTH.
 */
export async function readGraph(reading: Reading, range: Range, depth = 0): Promise<GraphProto> {
  if (depth > MAX_DEPTH) throw overLimit(`Graphs are nested more than ${MAX_DEPTH} deep`)
  reading.countGraph()
  let name = ''
  const nodes: NodeProto[] = []
  const initializers: TensorProto[] = []
  const sparse: SparseTensorProto[] = []
  const [inputs, outputs, values]: [ValueProto[], ValueProto[], ValueProto[]] = [[], [], []]
  const quantization: Annotation[] = []
  const metadata = new Map<string, string>()
  const byField = new Map([
    [11, inputs],
    [12, outputs],
    [13, values],
  ])
  await reading.wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    const list = byField.get(field.number)
    if (list) {
      list.push(await readValue(reading, field.range))
      // Every node's outputs may be in value_info.
      const most = field.number === 13 ? 10 * MAX_VALUES : MAX_VALUES
      if (list.length > most) throw overLimit(`A graph has more than ${most} inputs, outputs or values`)
    } else if (field.number === 1) nodes.push(await readNode(reading, field.range, depth))
    else if (field.number === 2) name = await reading.text(field.range, 'the name of a graph')
    else if (field.number === 5) initializers.push(await readTensor(reading, field.range))
    else if (field.number === 14) quantization.push(await readAnnotation(reading, field.range))
    else if (field.number === 15) sparse.push(await readSparse(reading, field.range))
    else if (field.number === 16) await addMetadata(reading, field.range, metadata)
  })
  return {
    name,
    nodes,
    initializers,
    sparse,
    inputs,
    outputs,
    values,
    quantization,
    metadata: entriesOf(metadata),
  }
}

type Annotation = GraphProto['quantization'][number]

/** A TensorAnnotation: 1 tensor_name, 2 quant_parameter_tensor_names. */
async function readAnnotation(reading: Reading, range: Range): Promise<Annotation> {
  reading.countAttribute()
  let tensor = ''
  const parameters = new Map<string, string>()
  await reading.wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) tensor = await reading.text(field.range, 'the name of a tensor')
    if (field.number === 2) await addMetadata(reading, field.range, parameters)
  })
  return { tensor, parameters: entriesOf(parameters) }
}

/** A NodeProto: 1 input, 2 output, 3 name, 4 op_type, 5 attribute, 7 domain, 8 overload, 9 metadata_props, 10 devices. */
export async function readNode(reading: Reading, range: Range, depth: number): Promise<NodeProto> {
  reading.countNode()
  let [name, op, domain, overload] = ['', '', '', '']
  const [inputs, outputs, configurations]: [string[], string[], string[]] = [[], [], []]
  const attributes: AttributeProto[] = []
  const metadata = new Map<string, string>()
  await reading.wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) inputs.push(await reading.text(field.range, 'an input'))
    else if (field.number === 2) outputs.push(await reading.text(field.range, 'an output'))
    else if (field.number === 3) name = await reading.text(field.range, 'the name of a node')
    else if (field.number === 4) op = await reading.text(field.range, 'an operator')
    else if (field.number === 5) attributes.push(await readAttribute(reading, field.range, depth))
    else if (field.number === 7) domain = await reading.text(field.range, 'a domain')
    else if (field.number === 8) overload = await reading.text(field.range, 'an overload')
    else if (field.number === 9) await addMetadata(reading, field.range, metadata)
    else if (field.number === 10) configurations.push(await readConfigurationId(reading, field.range))
  })
  const offset = range.start
  if (domain === 'ai.onnx') domain = ''
  return {
    name,
    op,
    domain,
    overload,
    inputs,
    outputs,
    attributes,
    metadata: entriesOf(metadata),
    configurations,
    offset,
  }
}

/** A NodeDeviceConfigurationProto: 1 configuration_id. */
async function readConfigurationId(reading: Reading, range: Range): Promise<string> {
  let id = ''
  await reading.wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number === 1)
      id = await reading.text(field.range, 'a device configuration')
  })
  return id
}

/** What an AttributeProto holds, field by field; one of them in an honest model. */
interface Held {
  name: string
  reference: string
  single: AttributeValue
  readonly floats: NumberList<number>
  readonly ints: NumberList<bigint>
  readonly strings: NumberList<LongText>
  readonly tensors: TensorProto[]
  readonly sparse: SparseTensorProto[]
  readonly graphs: GraphProto[]
  readonly types: Omit<ValueProto, 'name' | 'metadata'>[]
  list: boolean
}

/**
 * An AttributeProto: 1 name, 2 f, 3 i, 4 s, 5 t, 6 g, 7 floats, 8 ints, 9 strings, 10 tensors, 11 graphs, 14 tp,
 * 15 type_protos, 21 ref_attr_name, 22 sparse_tensor, 23 sparse_tensors. Tensors and graphs count whatever its type
 * field says, so that nothing hides there.
 */
export async function readAttribute(reading: Reading, range: Range, depth: number): Promise<AttributeProto> {
  reading.countAttribute()
  const held: Held = {
    name: '',
    reference: '',
    single: { kind: 'none' },
    floats: new NumberList(),
    ints: new NumberList(),
    strings: new NumberList(),
    tensors: [],
    sparse: [],
    graphs: [],
    types: [],
    list: false,
  }
  await reading.wire.walk(range, field => readField(reading, field, depth, held))
  return { name: held.name, value: attributeValue(held), range }
}

function readField(reading: Reading, field: Field, depth: number, held: Held): Promise<void> | void {
  if (field.number === 7) return addFloats(reading, field, held.floats)
  if (field.number === 8) return addInts(reading, field, held.ints)
  if (field.kind === 'varint' && field.number === 3)
    held.single = { kind: 'int', value: BigInt.asIntN(64, field.value) }
  else if (field.kind === 'bytes' || field.number === 2) return readPart(reading, field, depth, held)
}

async function readPart(reading: Reading, field: Field, depth: number, held: Held): Promise<void> {
  if (field.kind === 'varint') return
  const { range, number } = field
  if (field.kind === 'fixed') {
    if (field.bytes === 4) held.single = { kind: 'float', value: await readFloat(reading, range) }
  } else if (number === 1) held.name = await reading.text(range, 'the name of an attribute')
  else if (number === 4) held.single = { kind: 'string', value: await readLongText(reading, range) }
  else if (number === 9) held.strings.add(await readLongText(reading, range))
  else if (number === 5 || number === 10) held.tensors.push(await readTensor(reading, range, true))
  else if (number === 6 || number === 11) held.graphs.push(await readGraph(reading, range, depth + 1))
  else if (number === 14 || number === 15) {
    reading.countAttribute()
    held.types.push(await readType(reading, range))
  } else if (number === 21) held.reference = await reading.text(range, 'the name of a parameter')
  else if (number === 22 || number === 23) held.sparse.push(await readSparse(reading, range))
  if ([10, 11, 15, 23].includes(number)) held.list = true
}

function attributeValue({ list, ...held }: Held): AttributeValue {
  if (held.graphs.length > 0) return { kind: 'graphs', list, graphs: held.graphs }
  if (held.tensors.length > 0) return { kind: 'tensors', list, tensors: held.tensors }
  if (held.sparse.length > 0) return { kind: 'sparse-tensors', list, tensors: held.sparse }
  if (held.reference) return { kind: 'reference', name: held.reference }
  if (held.types.length > 0) return { kind: 'types', list, types: held.types }
  if (held.floats.count > 0) return { kind: 'floats', ...held.floats }
  if (held.ints.count > 0) return { kind: 'ints', ...held.ints }
  if (held.strings.count > 0) return { kind: 'strings', ...held.strings }
  return held.single
}
