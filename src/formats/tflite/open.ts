import { Flatbuffer } from '../flatbuffers/reader.ts'
import type { ModelInput, OpenModel } from '../ports.ts'
import { uniqueNames } from '../tensorflow/unique-names.ts'
import { parametersOf, tensorMissing } from '../tensors.ts'
import type { ModelGraph, TensorInfo } from '../types.ts'
import { type BufferRange, readBuffers } from './buffers.ts'
import { elementsOf } from './elements.ts'
import { type TfliteHazard, tfliteHazards } from './hazards.ts'
import { fail, MAX_SUBGRAPHS } from './limits.ts'
import { readMetadata } from './metadata.ts'
import { readOperatorCodes } from './operator-codes.ts'
import { readSignatures } from './signatures.ts'
import { readSubgraph, type Subgraph } from './subgraph.ts'
import { bytesOf, type LiteTensor } from './tensors.ts'
import { textElements } from './text.ts'

export interface TfliteModel extends OpenModel {
  /** Operators that nobody vouches for. */
  readonly hazards: readonly TfliteHazard[]
  /** What `file.tensors` describes, by name. */
  readonly constants: ReadonlyMap<string, LiteTensor>
}

/**
 * A TensorFlow Lite model: a flatbuffer (Model: 0 version, 1 operator_codes, 2 subgraphs, 4 buffers), read by
 * ranges. Its tensors are those that have bytes in the file.
 */
export async function openTflite(input: ModelInput): Promise<TfliteModel> {
  const { source, path, storedSize, wrapper } = input
  const buffer = new Flatbuffer(source, fail)
  const model = await buffer.root('TFL3')
  const version = await buffer.scalar(model, 0, 'uint32')
  if (version !== 3) throw fail.unsupported({ name: source.name }, `the schema version ${version} is not 3`)
  const codes = await readOperatorCodes(buffer, model)
  const buffers = await readBuffers(buffer, model)
  const subgraphs: Subgraph[] = []
  for (const at of await buffer.tables(model, 2)) {
    if (subgraphs.length >= MAX_SUBGRAPHS)
      throw fail.limit({ name: source.name, offset: at }, `more than ${MAX_SUBGRAPHS} subgraphs`)
    subgraphs.push(await readSubgraph(buffer, await buffer.table(at), subgraphs.length, codes, buffers))
  }
  const constants = constantsOf(subgraphs)
  const infos = Array.from(constants, ([name, tensor]) => infoOf(name, tensor))
  const notes: string[] = []
  const metadata = await readMetadata(buffer, model, buffers, notes)
  const signatures = await readSignatures(buffer, model, subgraphs)
  const signature = signatures.find(({ name }) => name === 'serving_default') ?? signatures[0]
  const others = signatures.filter(other => other !== signature)
  return {
    file: {
      format: 'tflite',
      formatVersion: `v${version}`,
      framework: 'TensorFlow Lite',
      name: path,
      size: storedSize,
      files: [{ path, size: storedSize }],
      ...(wrapper.length > 0 && { wrapper }),
      tensors: infos,
      parameters: parametersOf(infos),
      graph: graphOf(subgraphs),
      ...(signature && { signature }),
      ...(others.length > 0 && { otherSignatures: others }),
      metadata,
      ...(notes.length > 0 && { notes }),
    },
    hazards: tfliteHazards(subgraphs),
    constants,
    readTensor: name => elementsOf(source, find(name)),
    async *readText(name) {
      const { data, dtype, elements } = find(name)
      if (!data || dtype !== 'string')
        throw fail.unsupported({ name: `${source.name}, tensor '${name}'` }, `it is ${dtype}, not text`)
      yield* textElements(source, data, elements, name)
    },
    async close() {},
  }

  function find(name: string): LiteTensor & { data: BufferRange | undefined } {
    const found = constants.get(name)
    if (!found) throw tensorMissing(source.name, name, constants.keys())
    return found
  }
}

/** Tensors that have bytes, under names that are unique: in other subgraphs behind the subgraph's name. */
function constantsOf(subgraphs: readonly Subgraph[]): Map<string, LiteTensor> {
  const constants = new Map<string, LiteTensor>()
  const unique = uniqueNames()
  for (const [index, { name: graph, tensors }] of subgraphs.entries())
    for (const tensor of tensors) {
      if (!tensor.data) continue
      constants.set(unique(index === 0 ? tensor.name : `${graph}/${tensor.name}`), tensor)
    }
  return constants
}

function infoOf(name: string, tensor: LiteTensor): TensorInfo {
  const { dtype, shape, elements, bits, sparsity, quantization, variable } = tensor
  return {
    name,
    dtype,
    shape,
    elements,
    ...(bits !== undefined && { bytes: bytesOf(elements, bits) }),
    ...(sparsity && { stored: ['sparse'] }),
    ...(quantization && { quantization }),
    ...(variable && { role: 'buffer' as const }),
  }
}

function graphOf(subgraphs: readonly Subgraph[]): ModelGraph {
  const counts = new Map<string, { name: string; domain?: string; count: number }>()
  for (const { op, domain } of subgraphs.flatMap(({ nodes }) => nodes)) {
    const key = JSON.stringify([op, domain])
    const seen = counts.get(key)
    if (seen) seen.count++
    else counts.set(key, { name: op, ...(domain !== undefined && { domain }), count: 1 })
  }
  const [main, ...rest] = subgraphs
  return {
    name: main?.name ?? 'main',
    kind: 'dataflow',
    nodes: main?.nodes ?? [],
    subgraphs: rest.map(({ name, nodes }) => ({ name, nodes })),
    operators: Array.from(counts.values()).toSorted(
      (a, b) => b.count - a.count || (a.name < b.name ? -1 : 1),
    ),
  }
}
