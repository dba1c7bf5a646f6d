import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import type { ServingOptions } from '../../api/index.ts'
import { isRunnable, type ModelRepository } from '../../config/index.ts'
import { BallastError, resolveInside } from '../../core/index.ts'
import { openModel } from '../../formats/index.ts'
import type { ModelConfig } from '../../model/index.ts'
import { withAnswers } from '../convert/runnable.ts'
import { refuseUnsafe } from '../convert/safe.ts'
import { supposedOf } from '../convert/supposed.ts'
import { modelConfigOf, readLabels } from '../stages/context.ts'
import { localRepository } from '../stages/local.ts'
import { CONFIG_FILE, type Found } from './find.ts'
import { printOf } from './watch.ts'

/** A model that was found, scanned, and is ONNX now. */
export interface Prepared {
  readonly config: ModelConfig
  /** The ONNX file. */
  readonly modelPath: string
  readonly bytes: number
  readonly serving: ServingOptions
  /** What it was made of: where one of these changes, it is another model. */
  readonly sources: readonly string[]
  /** `printOf` the sources. */
  readonly print: string
  /** Throws FILE_CHANGED where the file that is loaded is no longer the one that was scanned. */
  readonly check: () => Promise<void>
}

export interface PrepareOptions {
  /** What starts `ballast`. */
  readonly command: readonly string[]
  /** Where ONNX files are made. */
  readonly folder: string
  readonly name?: string
  /** A file with a label a line, before all that lies beside the model. */
  readonly labels?: string
  readonly acceptUnknown: boolean
  readonly say: (line: string) => void
}

const convertedSchema = z.object({
  format: z.string(),
  scores: z.string().optional(),
  classes: z.array(z.string()).optional(),
  parity: z.object({ verdict: z.string() }),
})
const failureSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
})

/** Scans a model and makes ONNX of it. Throws (BallastError) why it can't be served. */
export async function prepare(found: Found, options: PrepareOptions): Promise<Prepared> {
  const repository = found.repository === undefined ? undefined : await localRepository(found.repository)
  const path =
    repository === undefined ? found.path : await resolveInside(found.repository!, repository.model.file)
  const labelsFile = options.labels ?? found.labels
  const own = repository
    ? await modelConfigOf(found.repository!, repository)
    : bare(options.name ?? found.name)
  const labels =
    labelsFile === undefined ? own.labels : await readLabels(dirname(labelsFile), basename(labelsFile))
  const config = { ...own, labels, ...(options.name !== undefined && { name: options.name }) }
  // Without a ballast.yaml its inputs and outputs say what it takes and answers, once it is ONNX.
  const completed = async (config: ModelConfig, onnx: string): Promise<ModelConfig> =>
    repository
      ? config
      : { ...config, ...(await supposedOf(onnx, config.name, config.labels, config.output)) }
  const files = await filesOf(path)
  const configFile = found.repository === undefined ? [] : [join(found.repository, CONFIG_FILE)]
  const sources = [...files, ...(labelsFile === undefined ? [] : [labelsFile]), ...configFile]
  const [print, scanned] = [await printOf(sources), await printOf(files)]
  const serving = repository === undefined ? {} : servingOf(repository)
  if (isRunnable(path)) {
    await refuseUnsafe(path, options.acceptUnknown, 'served')
    const check = async (): Promise<void> => {
      if ((await printOf(files)) !== scanned) throw changed(path)
    }
    const bytes = await sizeOf(files)
    return { config: await completed(config, path), modelPath: path, bytes, serving, sources, print, check }
  }
  const { modelPath, ...answers } = await convert(path, repository, options)
  const bytes = (await stat(modelPath)).size
  return {
    config: await completed(withAnswers(config, answers), modelPath),
    modelPath,
    bytes,
    serving,
    sources,
    print,
    check: async () => {},
  }
}

/** All that belongs to a model: weights that lie beside an ONNX file are loaded with it. */
async function filesOf(path: string): Promise<readonly string[]> {
  if (!isRunnable(path)) return [path]
  const model = await openModel(path)
  try {
    return model.file.files.map(file => join(dirname(path), file.path))
  } finally {
    await model.close()
  }
}

async function sizeOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async file => (await stat(file)).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

function changed(path: string): BallastError<string> {
  return new BallastError('FILE_CHANGED', {
    message: `${path} is no longer the file that was scanned`,
    hint: 'Start again, or serve with --watch: a changed file is looked at before it is loaded.',
  })
}

function bare(name: string): ModelConfig {
  return { name, task: 'generic', labels: [], preprocess: [] }
}

function servingOf(repository: ModelRepository): ServingOptions {
  return repository.serve ?? {}
}

/** In a process of its own: a conversion takes its time, and what serves already must not wait for it. */
async function convert(
  path: string,
  repository: ModelRepository | undefined,
  { command, folder, acceptUnknown, say }: PrepareOptions,
): Promise<{ readonly modelPath: string; readonly scores?: string; readonly classes?: readonly string[] }> {
  await mkdir(folder, { recursive: true })
  const modelPath = join(folder, 'model.onnx')
  const { signature, tolerance } = (repository?.convert || undefined) ?? {}
  const args = [
    ...['convert', path, '--output', modelPath, '--force', '--json'],
    ...(acceptUnknown ? ['--accept-unknown'] : []),
    ...(signature === undefined ? [] : ['--signature', signature]),
    ...(tolerance === undefined ? [] : ['--tolerance', String(tolerance)]),
  ]
  const [program = process.execPath, ...rest] = command
  const child = spawn(program, [...rest, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [[code], out, problems] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ])
  const converted = convertedSchema.safeParse(parsed(out)).data
  if (code === 0 && converted !== undefined) {
    const { format, scores, classes } = converted
    say(`${path}: ${format} converted to ONNX`)
    return { modelPath, ...(scores !== undefined && { scores }), ...(classes && { classes }) }
  }
  if (converted !== undefined) throw differs(path, converted.parity.verdict)
  throw refused(path, code, problems)
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function differs(path: string, verdict: string): BallastError<string> {
  return new BallastError('ANSWERS_DIFFER', {
    message: `${path} is not served: its ONNX form answers otherwise than the samples beside it (parity ${verdict})`,
    hint: '`ballast convert` tells which answers differ.',
  })
}

function refused(path: string, code: number | null, problems: string): BallastError<string> {
  const said = failureSchema.safeParse(parsed(problems)).data?.error
  if (said !== undefined) {
    const { message, hint = '`ballast convert` shows how far it comes.' } = said
    return new BallastError(said.code, { message, hint })
  }
  return new BallastError('CONVERT_FAILED', {
    message: `${path} could not be converted: it ended with status ${code}: ${problems.slice(-500)}`,
    hint: '`ballast convert` shows how far it comes.',
  })
}
