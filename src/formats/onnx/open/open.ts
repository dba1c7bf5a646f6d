import type { ModelInput, OpenModel } from '../../ports.ts'
import { parametersOf, tensorMissing } from '../../tensors.ts'
import type { ModelFile, TensorInfo } from '../../types.ts'
import { externalFiles } from '../describe.ts'
import { tensorPieces } from '../elements/pieces.ts'
import { tensorText } from '../elements/text.ts'
import { readOnnx } from '../inspect.ts'
import type { ModelProto, TensorProto } from '../read/proto.ts'
import { visitModel } from '../visit.ts'
import { ExternalFiles } from './files.ts'
import { describeGraph } from './graph.ts'
import { describeMetadata, describeSignature } from './metadata.ts'
import { type ListedTensor, listTensors } from './tensors.ts'

/**
 * Opens an ONNX model: its graphs, and its tensors wherever they stand. Throws NOT_ONNX, ONNX_TRUNCATED,
 * ONNX_MALFORMED, ONNX_LIMIT, ONNX_EXTERNAL_PATH or FORMAT_UNSUPPORTED, and what the tree throws for external files.
 */
export async function openOnnx(input: ModelInput): Promise<OpenModel> {
  const { source } = input
  const model = await readOnnx(source)
  const tensors = listTensors(model)
  const files = new ExternalFiles(input)
  try {
    await files.check(externalFiles(everyTensor(model)))
    const file = await describeFile(input, model, tensors, files)
    return {
      file,
      async *readTensor(name, options) {
        yield* tensorPieces(source, find(name), location => files.open(location), options)
      },
      async *readText(name) {
        yield* tensorText(source, find(name))
      },
      close: () => files.close(),
    }
  } catch (cause) {
    await files.close()
    throw cause
  }

  function find(name: string): TensorProto {
    const found = tensors.get(name)
    if (!found) throw tensorMissing(source.name, name, tensors.keys())
    return found.proto
  }
}

/** The listed ones and those that only attributes show: any of them may be in another file. */
export function everyTensor(model: ModelProto): (TensorProto | undefined)[] {
  const all: (TensorProto | undefined)[] = []
  visitModel(model, {
    graph({ initializers, sparse }) {
      for (const tensor of initializers) all.push(tensor)
      for (const { values, indices } of sparse) all.push(values, indices)
    },
    constant: tensor => all.push(tensor),
    sparseConstant: ({ values, indices }) => all.push(values, indices),
  })
  return all
}

async function describeFile(
  input: ModelInput,
  model: ModelProto,
  tensors: ReadonlyMap<string, ListedTensor>,
  files: ExternalFiles,
): Promise<ModelFile> {
  const infos = Array.from(tensors.values(), ({ info }) => info)
  const producer = [model.producerName, model.producerVersion].filter(Boolean).join(' ')
  const parts = [{ path: input.path, size: input.storedSize }, ...files.parts]
  const notes = notesOf(model, infos)
  const every = everyTensor(model).filter(tensor => tensor !== undefined)
  const metadata = describeMetadata(model, every, notes)
  return {
    format: 'onnx',
    formatVersion: `ir ${model.irVersion}`,
    framework: 'ONNX',
    ...(producer && { producer }),
    ...(model.graph.name && { what: model.graph.name }),
    name: input.path.slice(input.path.lastIndexOf('/') + 1),
    size: parts.reduce((sum, { size }) => sum + size, 0),
    files: parts,
    ...(input.wrapper.length > 0 && { wrapper: input.wrapper }),
    tensors: infos,
    parameters: parametersOf(infos),
    graph: await describeGraph(model),
    signature: describeSignature(model),
    metadata,
    ...(notes.length > 0 && { notes }),
  }
}

function notesOf({ training, functions }: ModelProto, infos: readonly TensorInfo[]): string[] {
  const unknown = infos.filter(({ dtype }) => dtype === 'unknown').length
  return [
    ...(functions.length > 0 ? [`${functions.length} of its operators are functions of its own.`] : []),
    ...(training.length > 0 ? ['It holds what is needed to train it on.'] : []),
    ...(unknown > 0 ? [`${unknown} tensors have types that this release does not know.`] : []),
  ]
}
