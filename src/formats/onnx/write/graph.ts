import { failing } from '../../errors.ts'
import { bytesField, floatField, type Part, textField, varint, varintField } from '../../protobuf/encode.ts'
import { MAX_DEPTH } from '../limits.ts'
import type { Externals } from './externals.ts'
import { longList } from './lists.ts'
import { dtypeNumber, encodeTensor } from './tensor.ts'
import {
  ATTRIBUTE_TYPES,
  type OnnxAttribute,
  type OnnxEntries,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensorType,
} from './types.ts'

const tooDeep = failing('FORMAT_LIMIT', 'Graphs of real models nest a handful deep.')

/** A GraphProto. Names of initializers must be given once. */
export function encodeGraph(graph: OnnxGraph, externals: Externals | undefined, depth = 0): Part[] {
  if (depth > MAX_DEPTH) throw tooDeep(`Graphs are nested more than ${MAX_DEPTH} deep`)
  return [
    ...graph.nodes.flatMap(node => bytesField(1, encodeNode(node, externals, depth))),
    ...textField(2, graph.name),
    ...(graph.initializers ?? []).flatMap(tensor => bytesField(5, encodeTensor(tensor, externals))),
    ...graph.inputs.flatMap(value => bytesField(11, encodeValue(value))),
    ...graph.outputs.flatMap(value => bytesField(12, encodeValue(value))),
    ...(graph.values ?? []).flatMap(value => bytesField(13, encodeValue(value))),
    ...encodeEntries(16, graph.metadata),
  ]
}

/** A FunctionProto. */
export function encodeFunction(item: OnnxFunction): Part[] {
  return [
    ...textField(1, item.name),
    ...item.inputs.flatMap(name => bytesField(4, name)),
    ...item.outputs.flatMap(name => bytesField(5, name)),
    ...(item.attributes ?? []).flatMap(name => bytesField(6, name)),
    ...item.nodes.flatMap(node => bytesField(7, encodeNode(node, undefined, 0))),
    ...item.opsets.flatMap(({ domain, version }) =>
      bytesField(9, [...bytesField(1, domain), ...varintField(2, version)]),
    ),
    ...textField(10, item.domain),
  ]
}

/** StringStringEntryProtos. */
export function encodeEntries(field: number, entries: OnnxEntries = []): Part[] {
  return entries.flatMap(({ key, value }) =>
    bytesField(field, [...bytesField(1, key), ...bytesField(2, value)]),
  )
}

function encodeNode(node: OnnxNode, externals: Externals | undefined, depth: number): Part[] {
  return [
    ...node.inputs.flatMap(name => bytesField(1, name)),
    ...node.outputs.flatMap(name => bytesField(2, name)),
    ...textField(3, node.name),
    ...textField(4, node.op),
    ...Object.entries(node.attributes ?? {}).flatMap(([name, value]) =>
      bytesField(5, [...bytesField(1, name), ...encodeAttribute(value, externals, depth)]),
    ),
    ...textField(7, node.domain),
    ...textField(8, node.overload),
    ...encodeEntries(9, node.metadata),
  ]
}

function encodeAttribute(value: OnnxAttribute, externals: Externals | undefined, depth: number): Part[] {
  const nested = (graph: OnnxGraph) => encodeGraph(graph, externals, depth + 1)
  const type = (name: keyof typeof ATTRIBUTE_TYPES) => varintField(20, ATTRIBUTE_TYPES[name])
  if ('parameter' in value) return [...type(value.type), ...bytesField(21, value.parameter)]
  if ('float' in value) return [...floatField(2, value.float), ...type('float')]
  if ('int' in value) return [...varintField(3, value.int), ...type('int')]
  if ('text' in value) return [...bytesField(4, value.text), ...type('text')]
  if ('tensor' in value) return [...bytesField(5, encodeTensor(value.tensor)), ...type('tensor')]
  if ('graph' in value) return [...bytesField(6, nested(value.graph)), ...type('graph')]
  if ('floats' in value) return [...encodeFloats(value.floats), ...type('floats')]
  // onnx.proto declares the lists of an attribute unpacked; parsers take both.
  if ('long' in value) return [...longList(value), ...type(value.long)]
  if ('ints' in value) return [...value.ints.flatMap(item => varintField(8, item)), ...type('ints')]
  if ('texts' in value) return [...value.texts.flatMap(item => bytesField(9, item)), ...type('texts')]
  return [...value.graphs.flatMap(item => bytesField(11, nested(item))), ...type('graphs')]
}

function encodeFloats(values: readonly number[]): Part[] {
  if (values.length === 0) return []
  const bytes = new Uint8Array(5 * values.length)
  const view = new DataView(bytes.buffer)
  const tag = varint(7 * 8 + 5)[0]!
  values.forEach((value, i) => {
    bytes[5 * i] = tag
    view.setFloat32(5 * i + 1, value, true)
  })
  return [bytes]
}

/** A ValueInfoProto of a dense tensor; without a type where that is not known. */
function encodeValue({ name, dtype, shape, metadata }: OnnxTensorType): Part[] {
  if (dtype === 'undefined') return [...bytesField(1, name), ...encodeEntries(4, metadata)]
  const dims = (shape ?? []).flatMap(size =>
    bytesField(1, size === null ? [] : typeof size === 'number' ? varintField(1, size) : textField(2, size)),
  )
  const tensor = [
    ...varintField(1, dtypeNumber(dtype, `The value '${name}'`)),
    ...(shape ? bytesField(2, dims) : []),
  ]
  return [...bytesField(1, name), ...bytesField(2, bytesField(1, tensor)), ...encodeEntries(4, metadata)]
}
