import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isConverted, isRunnable, type ModelRepository } from '../../config/index.ts'
import { BallastError, resolveInside, systemCode } from '../../core/index.ts'
import type { ModelConfig } from '../../model/index.ts'
import { withAnswers } from '../convert/runnable.ts'
import { modelConfigOf } from './context.ts'

/** What the convert stage made of a model, in the workspace; taken from stages only, and a part of the version. */
export const CONVERTED_FOLDER = '.ballast/converted'
const MODEL = `${CONVERTED_FOLDER}/model.onnx`
/** What is known of it, for the stages behind. */
const HANDOVER = `${CONVERTED_FOLDER}/conversion.json`

const conversionSchema = z.object({
  /** Names in the workspace, with digests. */
  files: z.array(z.object({ name: z.string(), digest: z.string(), size: z.number() })),
  /** The output that holds scores of classes. */
  scores: z.string().optional(),
  /** Names of the classes, by the index of their score. */
  classes: z.array(z.string()).optional(),
})
export type Conversion = z.infer<typeof conversionSchema>

/** The ONNX file of a repository's model: itself, or what it was converted to. */
export async function runnableModel(workspace: string, { model }: ModelRepository): Promise<string> {
  return resolveInside(workspace, isRunnable(model.file) ? model.file : MODEL)
}

export function convertedPath(workspace: string): string {
  return join(workspace, MODEL)
}

export async function writeConversion(workspace: string, conversion: Conversion): Promise<void> {
  await writeFile(join(workspace, HANDOVER), JSON.stringify(conversion))
}

/** Undefined for a model that is ONNX itself, and for one that is not converted. */
export async function readConversion(
  workspace: string,
  { model, convert }: ModelRepository,
): Promise<Conversion | undefined> {
  if (!isConverted(model.file) || convert === false) return undefined
  try {
    return conversionSchema.parse(JSON.parse(await readFile(join(workspace, HANDOVER), 'utf8')))
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw cause
    throw new BallastError('MODEL_CHANGED', {
      message: `There is no ONNX form of ${model.file} from the stage 'convert'`,
      hint: 'Run the pipeline again from its start.',
      cause,
    })
  }
}

/** The model's configuration, with what its original says of classes where the file says nothing. */
export async function stageModelConfig(workspace: string, repository: ModelRepository): Promise<ModelConfig> {
  const { scores, classes } = (await readConversion(workspace, repository)) ?? {}
  return withAnswers(await modelConfigOf(workspace, repository), {
    ...(scores !== undefined && { scores }),
    ...(classes && { classes }),
  })
}
