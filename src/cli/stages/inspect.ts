import { dirname } from 'node:path'
import type { StageResult } from '../../api/index.ts'
import { formatSize, openFile, resolveInside } from '../../core/index.ts'
import { checkExternalFiles, inspectOnnx, type OnnxDescription } from '../../formats/index.ts'
import { modelConfigOf, type StageContext } from './context.ts'

/** Reads the model by ranges and tells what it is; refuses what is no sound ONNX file. */
export async function inspectStage({ workspace, repository }: StageContext): Promise<StageResult> {
  const file = await resolveInside(workspace, repository.model.file)
  const description = await inspectFile(file)
  // A label file that can't be read should fail here, not minutes later.
  await modelConfigOf(workspace, repository)
  return {
    stage: 'inspect',
    verdict: 'passed',
    summary: describeModel(description),
    records: { inspection: shortened(description) },
  }
}

export async function inspectFile(file: string): Promise<OnnxDescription> {
  const source = await openFile(file)
  try {
    const description = await inspectOnnx(source)
    await checkExternalFiles(description, dirname(file))
    return description
  } finally {
    await source.close()
  }
}

export function describeModel(description: OnnxDescription): string[] {
  const { parameters, totalBytes, opsets, inputs, outputs, nodes } = description
  const opset = opsets.find(({ domain }) => domain === '')?.version
  return [
    `ONNX, opset ${opset ?? '?'}: ${parameters.toLocaleString('en')} parameters, ${nodes} nodes, ${formatSize(totalBytes)}`,
    `in ${inputs.map(formatValue).join(', ')} → out ${outputs.map(formatValue).join(', ')}`,
  ]
}

function formatValue({ name, dtype, shape }: OnnxDescription['inputs'][number]): string {
  return `${name} ${dtype ?? '?'}[${shape?.map(size => size ?? '?').join(',') ?? '…'}]`
}

/** A record for people and pages: the list of every weight stays in the file. */
function shortened({ initializers, ...description }: OnnxDescription): unknown {
  return { ...description, tensors: initializers.length }
}
