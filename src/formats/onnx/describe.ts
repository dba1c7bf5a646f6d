import type { ByteSource } from '../../core/index.ts'
import { bytesOf } from './dtypes.ts'
import { MAX_OPERATORS, overLimit } from './limits.ts'
import type { ModelProto, NodeProto, TensorProto, ValueProto } from './read/proto.ts'
import type { OnnxDescription, OnnxExternalFile, OnnxInitializer, OnnxOperator, OnnxValue } from './types.ts'
import { visitModel } from './visit.ts'

/** The description that `inspectOnnx` gives, of a model that was read. */
export function describeModel(source: ByteSource, model: ModelProto): OnnxDescription {
  const { graph } = model
  const initializers: TensorProto[] = []
  /** Tensors in nodes' attributes, and the indices of sparse ones. */
  const others: (TensorProto | undefined)[] = []
  const operators = new OperatorCount()
  visitModel(model, {
    graph(part) {
      for (const tensor of part.initializers) initializers.push(tensor)
      for (const { values, indices } of part.sparse) {
        if (values) initializers.push(values)
        others.push(indices)
      }
    },
    node: node => operators.add(node),
    constant: tensor => others.push(tensor),
    sparseConstant: ({ values, indices }) => others.push(values, indices),
  })
  const named = new Set(initializers.map(({ name }) => name))
  const external = externalFiles([...initializers, ...others])
  return {
    irVersion: model.irVersion,
    producer: { name: model.producerName, version: model.producerVersion },
    modelVersion: model.modelVersion,
    opsets: model.opsets,
    graph: graph.name,
    inputs: graph.inputs.filter(({ name }) => !named.has(name)).map(describeValue),
    outputs: graph.outputs.map(describeValue),
    initializers: initializers.map(describeTensor),
    nodes: operators.total,
    operators: operators.sorted(),
    parameters: initializers.reduce((sum, { elements }) => sum + elements, 0),
    fileBytes: source.size,
    totalBytes: external.reduce((sum, { bytes }) => sum + bytes, source.size),
    external,
    metadata: model.metadata,
  }
}

function describeTensor({ name, dtype, shape, elements, data }: TensorProto): OnnxInitializer {
  return { name, dtype, shape, elements, data }
}

function describeValue({ metadata: _, ...value }: ValueProto): OnnxValue {
  return value
}

/** How often each operator occurs. */
export class OperatorCount {
  total = 0
  readonly #counts = new Map<string, { readonly operator: Omit<OnnxOperator, 'count'>; count: number }>()

  add({ domain, op }: NodeProto): void {
    this.total++
    const key = JSON.stringify([domain, op])
    const seen = this.#counts.get(key)
    if (seen) seen.count++
    else this.#counts.set(key, { operator: { domain, name: op }, count: 1 })
    if (this.#counts.size > MAX_OPERATORS) throw overLimit(`More than ${MAX_OPERATORS} different operators`)
  }

  /** The most frequent first. */
  sorted(): OnnxOperator[] {
    return [...this.#counts.values()]
      .map(({ operator, count }) => ({ ...operator, count }))
      .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
  }
}

/** Each file once, with how far its tensors reach. */
export function externalFiles(tensors: readonly (TensorProto | undefined)[]): readonly OnnxExternalFile[] {
  const files = new Map<string, number>()
  for (const tensor of tensors) {
    if (tensor?.data.kind !== 'external') continue
    const { location, offset, length } = tensor.data
    const end = offset + (length ?? bytesOf(tensor.dtype, tensor.elements) ?? 0)
    files.set(location, Math.max(files.get(location) ?? 0, end))
  }
  return [...files].map(([location, bytes]) => ({ location, bytes }))
}
