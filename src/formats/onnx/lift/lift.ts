import { failing } from '../../errors.ts'
import type { ModelInput, ReadOptions } from '../../ports.ts'
import { Wire } from '../../protobuf/wire.ts'
import { externalFiles } from '../describe.ts'
import { bytesOf } from '../dtypes.ts'
import { tensorPieces } from '../elements/pieces.ts'
import { tensorText } from '../elements/text.ts'
import { readOnnx } from '../inspect.ts'
import { wireFailures } from '../limits.ts'
import { ExternalFiles } from '../open/files.ts'
import { everyTensor } from '../open/open.ts'
import type {
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueProto,
} from '../read/proto.ts'
import type {
  OnnxAttribute,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxTensorType,
} from '../write/types.ts'
import { liftAttribute, type Nested } from './attributes.ts'

/** Tensors up to this size are read at once, so that those who change graphs see axes, shapes and scalars. */
export const HELD_BYTES = 1024
/** Texts of all tensors; a vocabulary has some megabytes. */
const MAX_TEXTS = 64 * 1024 * 1024

const unsupported = failing('FORMAT_UNSUPPORTED', 'Leave this model as it is.')

/** A model that can be changed and written again: its graphs in memory, its tensors where they are. */
export interface LiftedModel {
  readonly model: OnnxModel
  /** What of the file is not in `model`, in words: texts that nothing reads. */
  readonly left: readonly string[]
  /** Tensors can be read until then. */
  close(): Promise<void>
}

/**
 * Opens an ONNX model for changes. Elements of tensors above `HELD_BYTES` are read when they are asked for, from the
 * model or its external files. Doc strings and quantization annotations are left out. Throws what `openOnnx` throws,
 * and FORMAT_UNSUPPORTED for training graphs, sparse initializers, inputs and outputs that are no tensors.
 */
export async function liftOnnx(input: ModelInput): Promise<LiftedModel> {
  const proto = await readOnnx(input.source)
  if (proto.training.length > 0)
    throw unsupported('The model holds what is needed to train it on, which is not written again')
  const files = new ExternalFiles(input)
  try {
    await files.check(externalFiles(everyTensor(proto)))
    const model = await new Lifter(input, files).model(proto)
    return { model, left: leftOut(proto), close: () => files.close() }
  } catch (cause) {
    await files.close()
    throw cause
  }
}

function leftOut({ graph, configurations }: ModelProto): string[] {
  return [
    ...(graph.quantization.length > 0 ? [`${graph.quantization.length} quantization annotations`] : []),
    ...(configurations.length > 0 ? [`${configurations.length} device configurations`] : []),
  ]
}

class Lifter implements Nested {
  readonly #input: ModelInput
  readonly #files: ExternalFiles
  readonly #wire: Wire
  #texts = 0

  constructor(input: ModelInput, files: ExternalFiles) {
    this.#input = input
    this.#files = files
    this.#wire = new Wire(input.source, wireFailures)
  }

  async model(proto: ModelProto): Promise<OnnxModel> {
    const { irVersion, producerName, producerVersion, domain, modelVersion, opsets, metadata } = proto
    const functions: OnnxFunction[] = []
    for (const item of proto.functions) functions.push(await this.#function(item))
    return {
      irVersion,
      ...(producerName && {
        producer: { name: producerName, ...(producerVersion && { version: producerVersion }) },
      }),
      ...(domain && { domain }),
      ...(modelVersion !== 0 && { modelVersion }),
      opsets,
      graph: await this.graph(proto.graph),
      ...(functions.length > 0 && { functions }),
      metadata,
    }
  }

  async graph(proto: GraphProto): Promise<OnnxGraph> {
    if (proto.sparse.length > 0)
      throw unsupported(`The graph '${proto.name}' has sparse initializers, which are not written again`)
    const initializers: OnnxTensor[] = []
    for (const tensor of proto.initializers) initializers.push(await this.tensor(tensor))
    return {
      name: proto.name,
      nodes: await this.#nodes(proto.nodes),
      inputs: proto.inputs.map(typeOf),
      outputs: proto.outputs.map(typeOf),
      initializers,
      values: proto.values.filter(({ kind }) => kind === 'tensor').map(typeOf),
      metadata: proto.metadata,
    }
  }

  async tensor(proto: TensorProto): Promise<OnnxTensor> {
    const { name, dtype, shape, elements } = proto
    if (dtype === 'string') return { name, dtype, shape, data: await this.#textsOf(proto) }
    const pieces = (options?: ReadOptions) =>
      tensorPieces(this.#input.source, proto, location => this.#files.open(location), options)
    const bytes = bytesOf(dtype, elements)
    if (bytes === undefined)
      throw unsupported(`The tensor '${name}' has the type ${dtype}, which is not written again`)
    const data = bytes <= HELD_BYTES ? await held(pieces()) : pieces
    return { name, dtype, shape, data }
  }

  async #nodes(protos: readonly NodeProto[]): Promise<OnnxNode[]> {
    const nodes: OnnxNode[] = []
    for (const proto of protos) nodes.push(await this.#node(proto))
    return nodes
  }

  async #node(proto: NodeProto): Promise<OnnxNode> {
    const { name, op, domain, overload, inputs, outputs, metadata } = proto
    const attributes: [string, OnnxAttribute][] = []
    for (const attribute of proto.attributes) {
      const lifted = await liftAttribute(this.#wire, attribute, this)
      if (lifted) attributes.push([attribute.name, lifted])
    }
    return {
      ...(name && { name }),
      op,
      ...(domain && { domain }),
      ...(overload && { overload }),
      inputs,
      outputs,
      // Own properties whatever their names: fromEntries defines, and does not assign.
      ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
      ...(metadata.length > 0 && { metadata }),
    }
  }

  async #function(proto: FunctionProto): Promise<OnnxFunction> {
    const { name, domain, overload, inputs, outputs, opsets } = proto
    if (overload || proto.attributes.length > 0)
      throw unsupported(`The function '${name}' has overloads or defaults, which are not written again`)
    return {
      name,
      domain,
      inputs,
      outputs,
      attributes: parametersOf(proto.nodes),
      nodes: await this.#nodes(proto.nodes),
      opsets,
    }
  }

  async #textsOf(proto: TensorProto): Promise<readonly string[]> {
    const texts: string[] = []
    for await (const text of tensorText(this.#input.source, proto)) {
      this.#texts += text.length
      if (this.#texts > MAX_TEXTS) throw unsupported(`The model's texts have over ${MAX_TEXTS} characters`)
      texts.push(text)
    }
    return texts
  }
}

/** Names of parameters that the nodes of a function ask for. */
function parametersOf(nodes: readonly NodeProto[], names = new Set<string>()): readonly string[] {
  for (const { attributes } of nodes) {
    for (const { value } of attributes) {
      if (value.kind === 'reference') names.add(value.name)
      if (value.kind === 'graphs') for (const graph of value.graphs) parametersOf(graph.nodes, names)
    }
  }
  return [...names]
}

async function held(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(piece)
  return new Uint8Array(Buffer.concat(parts))
}

function typeOf({ name, kind, dtype, shape, metadata }: ValueProto): OnnxTensorType {
  if (kind !== 'tensor' && kind !== 'unknown')
    throw unsupported(`'${name}' is a ${kind}, and graphs are written again with tensors only`)
  return {
    name,
    dtype: dtype ?? 'undefined',
    ...(shape && { shape }),
    ...(metadata.length > 0 && { metadata }),
  }
}
