import type { ByteSource } from '../../../core/index.ts'
import type { ModelInput } from '../../ports.ts'
import { Wire } from '../../protobuf/wire.ts'
import { singleFile } from '../../single-file.ts'
import { parametersOf } from '../../tensors.ts'
import type { Attribute, Signature, SignatureValue, TensorDtype } from '../../types.ts'
import { tensorflowFailures } from '../failures.ts'
import { tensorflowHazards } from '../hazards/find.ts'
import type { TensorflowHazard } from '../hazards/types.ts'
import type { TensorflowModel } from '../model.ts'
import { readersOf } from '../tensors.ts'
import { constantsOf } from './constants.ts'
import { describeGraph, readGraph, type TensorflowGraph } from './graph.ts'
import { nodeOf } from './names.ts'
import type { TensorflowNode } from './node.ts'

const FORMAT = 'TensorFlow graph'
const fail = tensorflowFailures(FORMAT, 'Write the graph again with TensorFlow, as binary protobuf.')

/** How GraphDef and SavedModel begin as text. */
const TEXT = /^\s*(#[^\n]*\n\s*)*(node|library|versions|saved_model_schema_version|meta_graphs)\s*[:{]/
const HEAD_BYTES = 256
/** Nodes that nothing takes a value from, and that are no outputs either. */
const NO_OUTPUT = new Set(['NoOp', 'Assert', 'Placeholder', 'Const', 'PlaceholderWithDefault'])

/**
 * A frozen graph: a GraphDef in a file. Its placeholders are inputs, nodes that nothing uses are outputs, its
 * constants are tensors. FORMAT_UNSUPPORTED for the text form.
 */
export async function openGraphDef(input: ModelInput): Promise<TensorflowModel> {
  await refuseText(input.source)
  const wire = new Wire(input.source, fail.wire)
  const graph = await readGraph(wire, wire.whole, fail)
  if (graph.nodes.length === 0)
    throw fail.malformed({ name: input.source.name }, 'the file has no nodes of a graph')
  const tensors = constantsOf(wire, graph, fail, [])
  const infos = tensors.map(({ info }) => info)
  return {
    file: {
      format: 'tensorflow-graphdef',
      formatVersion: `producer ${graph.producer}`,
      framework: 'TensorFlow',
      ...singleFile(input),
      tensors: infos,
      parameters: parametersOf(infos),
      graph: describeGraph(input.path, graph),
      signature: signatureOf(graph),
      metadata: [],
    },
    ...readersOf(input.source.name, FORMAT, tensors),
    hazards: hazardsOfGraph(graph),
    async close() {},
  }
}

/** Of a graph alone: it has no saver, and whoever runs it runs any node. */
export function hazardsOfGraph(graph: TensorflowGraph): TensorflowHazard[] {
  const roots = graph.nodes.map(({ name }) => name)
  return tensorflowHazards({ graph, roots, saver: { filename: '', save: '', restore: '' }, assets: [] })
}

/** A file in protobuf's text form, which no runtime of models loads. */
export async function refuseText(source: ByteSource): Promise<void> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size))
  if (!TEXT.test(Buffer.from(head).toString('latin1'))) return
  throw fail.unsupported({ name: source.name, offset: 0 }, 'this is the text form of protobuf (.pbtxt)', {
    hint: 'Write it in binary: tf.io.write_graph(graph, folder, name, as_text=False).',
  })
}

export function signatureOf({ nodes }: Pick<TensorflowGraph, 'nodes'>): Signature {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs.map(nodeOf)))
  const sinks = nodes.filter(({ name, op }) => !used.has(name) && !NO_OUTPUT.has(op))
  return {
    name: 'default',
    inputs: nodes
      .filter(({ name, op }) => op.startsWith('Placeholder') && used.has(name))
      .map(signatureValue),
    outputs: sinks.map(signatureValue),
  }
}

function signatureValue({ name, attributes }: TensorflowNode): SignatureValue {
  const dtype = attributes.get('dtype') ?? attributes.get('T')
  const shape = attributes.get('shape')
  return {
    name,
    kind: 'tensor',
    ...(typeof dtype === 'string' && { dtype: dtype as TensorDtype }),
    ...(isShape(shape) && { shape }),
  }
}

function isShape(shape: Attribute | undefined): shape is readonly (number | string | null)[] {
  return Array.isArray(shape)
}
