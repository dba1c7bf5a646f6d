import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConvertOptions } from '../../convert/index.ts'
import { openModel } from '../../formats/index.ts'
import type { ModelConfig } from '../../model/index.ts'
import { type Converted, convertModel } from './convert.ts'
import { describeConverted } from './describe.ts'
import { refuseUnsafe } from './safe.ts'

/** What a conversion says of a classifier's answers. */
export type Answers = Partial<Pick<Converted, 'scores' | 'classes'>>

/** The ONNX form of a model file. */
export interface Runnable extends Answers {
  readonly path: string
  /** Takes away what was made for it. */
  close(): Promise<void>
}

/** A model's configuration, with what its original says of classes where the file says nothing. */
export function withAnswers(config: ModelConfig, { scores, classes }: Answers): ModelConfig {
  return {
    ...config,
    ...(config.output === undefined && scores !== undefined && { output: scores }),
    ...(config.labels.length === 0 && classes && { labels: classes }),
  }
}

/**
 * A model as something that runs: ONNX as it is, another format converted into a temporary folder. Throws
 * CONVERT_UNSAFE, and what `convertModel` throws.
 */
export async function runnableOf(
  file: string,
  options: ConvertOptions,
  say: (line: string) => void,
): Promise<Runnable> {
  if (file.endsWith('.onnx')) return { path: file, close: async () => undefined }
  await refuseUnsafe(file)
  const folder = await mkdtemp(join(tmpdir(), 'ballast-convert-'))
  const close = () => rm(folder, { recursive: true, force: true })
  try {
    const model = await openModel(file)
    try {
      const path = join(folder, 'model.onnx')
      const converted = await convertModel(model, { ...options, out: path })
      say(describeConverted(converted)[0]!)
      const { scores, classes } = converted
      return { path, close, ...(scores !== undefined && { scores }), ...(classes && { classes }) }
    } finally {
      await model.close()
    }
  } catch (cause) {
    await close()
    throw cause
  }
}
