import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { stageInputSchema } from '../../api/index.ts'
import { type ModelRepository, modelFileAmong } from '../../config/index.ts'
import { CoreError, resolveInside } from '../../core/index.ts'
import { looksLikePointer } from '../../git/index.ts'
import type { ModelConfig } from '../../model/index.ts'

const inputFileSchema = stageInputSchema.extend({
  workspace: z.string(),
  productionDir: z.string().optional(),
})
export type StageInputFile = z.infer<typeof inputFileSchema>

/** What a stage works on. Paths inside the workspace are resolved here, so no link leads out of it. */
export interface StageContext {
  readonly input: StageInputFile
  readonly repository: ModelRepository
  readonly workspace: string
}

/** Where stages hand things on to each other, inside the workspace; the control plane takes it from stages only. */
export const HANDOVER = '.ballast/evaluation'

/** Names of classes are short, and a model has at most some ten thousand. */
const MAX_LABELS_BYTES = 4 * 1024 * 1024

export async function readStageInput(file: string): Promise<StageContext> {
  const input = inputFileSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  // Compiled and checked by the control plane, which is who wrote this file.
  return { input, repository: input.config as ModelRepository, workspace: input.workspace }
}

/** The model's configuration with its labels read: what a version's digest covers. */
export async function modelConfigOf(folder: string, { model }: ModelRepository): Promise<ModelConfig> {
  return {
    name: model.name,
    task: model.task,
    labels: model.labels === undefined ? [] : await readLabels(folder, model.labels),
    preprocess: model.preprocess,
    ...(model.input !== undefined && { input: model.input }),
    ...(model.output !== undefined && { output: model.output }),
    ...(model.columns && { columns: model.columns }),
    ...(model.answer && { answer: model.answer }),
  }
}

/** A class name a line. Throws FILE_UNREADABLE. */
export async function readLabels(folder: string, path: string): Promise<readonly string[]> {
  const file = await resolveInside(folder, path)
  const { size } = await stat(file)
  if (size > MAX_LABELS_BYTES) {
    throw new CoreError('FILE_UNREADABLE', {
      message: `${path} has ${size} bytes; labels have at most ${MAX_LABELS_BYTES}`,
      hint: 'Put one class name on a line.',
    })
  }
  const text = await readFile(file)
  if (looksLikePointer(text)) {
    throw new CoreError('FILE_UNREADABLE', {
      message: `${path} is a Git LFS pointer: the file itself was not fetched`,
      hint: 'Run `git lfs pull`.',
    })
  }
  const lines = text
    .toString('utf8')
    .split(/\r?\n/)
    .map(line => line.trim())
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

export function productionModelFile({ input }: StageContext): string | undefined {
  const file = modelFileAmong(input.production?.files.map(({ name }) => name) ?? [])
  return file !== undefined && input.productionDir ? join(input.productionDir, file) : undefined
}
