import { mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { StageResult } from '../../api/index.ts'
import { type ModelRepository, samplesBeside } from '../../config/index.ts'
import { ConvertError, isConvertible } from '../../convert/index.ts'
import { CoreError, resolveInside } from '../../core/index.ts'
import type { OpenedModel } from '../../formats/index.ts'
import { type Converted, type ConvertRequest, convertModel } from '../convert/convert.ts'
import { describeConverted } from '../convert/describe.ts'
import type { StageContext } from './context.ts'
import { CONVERTED_FOLDER, convertedPath, writeConversion } from './converted.ts'
import { inWorkspace, type ModelFiles, modelFilesOf, openFiles } from './model-files.ts'
import { checkScanned } from './scan.ts'

/** Layers in a version's record; the ONNX file's nodes have them all. */
const MAX_MAPPED = 2000

/**
 * Makes ONNX of what was scanned, and holds its answers to the original's. Answers that differ fail. Without samples
 * nothing is known, and a maintainer may accept that, which goes on record.
 */
export async function convertStage(
  { workspace, repository }: StageContext,
  say: (line: string) => void,
): Promise<StageResult> {
  const files = await modelFilesOf(workspace, repository)
  const model = await openFiles(files)
  try {
    const { format } = model.file
    if (!isConvertible(format))
      return refused([`${repository.model.file} is in ${format}, which is not converted`])
    await checkScanned(workspace, await scannedFiles(files, model))
    const out = convertedPath(workspace)
    await mkdir(dirname(out), { recursive: true })
    const { samples: _, ...options } = repository.convert || {}
    const samples = await samplesOf(workspace, repository)
    const converted = await convertModel(model, { ...options, out, say, ...(samples && { samples }) }).catch(
      (error: unknown) => {
        if (error instanceof ConvertError && error.code === 'CONVERT_UNSUPPORTED') return error
        throw error
      },
    )
    if (converted instanceof ConvertError) return refused([converted.message, converted.hint ?? ''])
    await writeConversion(workspace, {
      files: converted.files.map(({ path, ...file }) => ({
        ...file,
        name: join(CONVERTED_FOLDER, basename(path)),
      })),
      ...(converted.scores !== undefined && { scores: converted.scores }),
      ...(converted.classes && { classes: [...converted.classes] }),
    })
    return {
      stage: 'convert',
      verdict: converted.parity.verdict,
      summary: [...describeConverted(converted), ...advice(converted, repository)],
      records: { conversion: recordOf(converted) },
    }
  } finally {
    await model.close()
  }
}

/** Nothing is wrong with such a model, but that it can't be served. */
function refused(lines: readonly string[]): StageResult {
  const summary = [
    ...lines.filter(line => line !== ''),
    '`convert: false` in ballast.yaml versions it as it is, without serving it.',
  ]
  return { stage: 'convert', verdict: 'failed', summary, records: {} }
}

async function scannedFiles(files: ModelFiles, model: OpenedModel) {
  const digests = await model.digests()
  return Array.from(digests, ([path, digest]) => ({ name: inWorkspace(files, path), digest }))
}

/** Those that the file names must be there; those beside the model may be. */
async function samplesOf(
  workspace: string,
  { model, convert }: ModelRepository,
): Promise<ConvertRequest['samples']> {
  const named = (convert || undefined)?.samples
  const name = named ?? samplesBeside(model.file)
  try {
    return { name, path: await resolveInside(workspace, name) }
  } catch (error) {
    const missing = error instanceof CoreError && error.code === 'FILE_UNREADABLE'
    if (missing && named === undefined) return undefined
    throw error
  }
}

function advice({ parity, inputs, outputs }: Converted, { model }: ModelRepository): string[] {
  if (parity.verdict !== 'inconclusive') return []
  const arrays = [...inputs, ...outputs].map(name => (/^[A-Za-z_]\w*$/.test(name) ? name : `**{'${name}'}`))
  return [
    `Save some inputs with the original's answers: numpy.savez('${samplesBeside(model.file)}', ${arrays.join('=…, ')}=…)`,
    'A maintainer may accept the model without, which is recorded with the version.',
  ]
}

function recordOf({ files, mapping, ...converted }: Converted): Record<string, never> {
  return JSON.parse(
    JSON.stringify({
      ...converted,
      files: files.map(({ size, digest }) => ({ size, digest })),
      mapping: mapping.slice(0, MAX_MAPPED),
      omitted: Math.max(0, mapping.length - MAX_MAPPED),
    }),
  )
}
