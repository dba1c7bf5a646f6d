import type { StageResult } from '../../api/index.ts'
import { isRunnable } from '../../config/index.ts'
import type { ModelFile, SignatureValue } from '../../formats/index.ts'
import { summarize } from '../inspect/describe.ts'
import { modelConfigOf, type StageContext } from './context.ts'
import { inWorkspace, type ModelFiles, modelFilesOf, openFiles } from './model-files.ts'
import { scannedDigest } from './scan.ts'

/** Reads the model by ranges and tells what it is; refuses what is not sound, or not what its name says. */
export async function inspectStage({ workspace, repository }: StageContext): Promise<StageResult> {
  const files = await modelFilesOf(workspace, repository)
  const file = await inspectModel(files)
  const names = file.files.map(({ path }) => ({ path, name: inWorkspace(files, path) }))
  // Every byte was hashed by the scan: reading a model of many GB once more would tell nothing new.
  const digest = await scannedDigest(workspace, names)
  // A label file that can't be read should fail here, not minutes later.
  await modelConfigOf(workspace, repository)
  if (isRunnable(repository.model.file) && file.format !== 'onnx') {
    return {
      stage: 'inspect',
      verdict: 'failed',
      summary: [
        `${repository.model.file} is no ONNX model: its content is ${file.format}`,
        'Export the model to ONNX, or name the file after what it is.',
      ],
      records: {},
    }
  }
  return {
    stage: 'inspect',
    verdict: 'passed',
    summary: summarize(file),
    records: { inspection: { ...shortened(file), ...(digest && { digest }) } },
  }
}

async function inspectModel(files: ModelFiles): Promise<ModelFile> {
  const model = await openFiles(files)
  try {
    return model.file
  } finally {
    await model.close()
  }
}

/** A record for people and pages: the lists of every weight and node stay in the file. */
function shortened({ tensors, graph, ...file }: ModelFile): object {
  return {
    ...file,
    tensors: tensors.length,
    ...(graph && {
      graph: {
        name: graph.name,
        kind: graph.kind,
        nodes: graph.nodes.length,
        subgraphs: graph.subgraphs.length,
        operators: graph.operators,
      },
    }),
    inputs: (file.signature?.inputs ?? []).map(plainValue),
    outputs: (file.signature?.outputs ?? []).map(plainValue),
  }
}

/** As pages show it; what has no element type is told by its kind. */
function plainValue({ name, kind, dtype, shape }: SignatureValue) {
  return { name, dtype: dtype ?? kind, shape: shape ?? [] }
}
