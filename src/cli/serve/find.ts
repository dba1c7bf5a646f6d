import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { isConverted, isRunnable } from '../../config/index.ts'
import { BallastError, messageOf, systemCode } from '../../core/index.ts'

/** A model that somebody wants served, as it lies there. */
export interface Found {
  readonly name: string
  /** Undefined where nothing numbers it. */
  readonly version: number | undefined
  /** A file, or the folder of a SavedModel. */
  readonly path: string
  /** The folder of the ballast.yaml that configures it. */
  readonly repository?: string
  /** A file with a label a line beside it. */
  readonly labels?: string
}

export const CONFIG_FILE = 'ballast.yaml'
const LABELS_FILE = 'labels.txt'
const VERSION = /^[1-9]\d{0,8}$/
/** More is a folder that was named by mistake. */
const MAX_MODELS = 200
/** As they stand in addresses; what a file's name has beyond becomes a dash. */
const NOT_OF_NAMES = /[^A-Za-z0-9._-]+/g

/**
 * What there is to serve:
 *
 *   model.onnx, model.pkl.gz, saved_model/     one model, by its name
 *   repo/ballast.yaml                          one, as it says
 *   model/1/model.onnx, model/2/model.onnx     versions by number, as Triton keeps them
 *   folder/                                    each of those that lies in it
 *
 * Throws FILE_UNREADABLE where there is nothing, MODEL_MISSING where nothing of it is a model.
 */
export async function findModels(target: string): Promise<readonly Found[]> {
  const path = resolve(target)
  const found = (await isFolder(path, target)) ? await inFolder(path) : await oneFile(path)
  if (found.length > MAX_MODELS) throw missing(`${target} has ${found.length} models; at most ${MAX_MODELS}`)
  if (found.length > 0) return found
  throw missing(`There is no model in ${target}`)
}

async function inFolder(folder: string): Promise<readonly Found[]> {
  const own = await asModel(folder)
  if (own.length > 0) return own
  const entries = await readdir(folder, { withFileTypes: true })
  const all: Found[] = []
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory()) all.push(...(await asModel(path)))
    else if (isModel(entry.name)) all.push(...(await oneFile(path)))
  }
  return all
}

/** A folder that is one model: by its ballast.yaml, as a SavedModel, or in numbered versions. */
async function asModel(folder: string): Promise<readonly Found[]> {
  const names = await readdir(folder)
  const name = nameOf(folder)
  if (names.includes(CONFIG_FILE)) return [{ name, version: undefined, path: folder, repository: folder }]
  const labels = names.includes(LABELS_FILE) ? { labels: join(folder, LABELS_FILE) } : {}
  if (names.includes('saved_model.pb')) return [{ name, version: undefined, path: folder, ...labels }]
  const versions: Found[] = []
  for (const number of names.filter(each => VERSION.test(each)).sort((a, b) => Number(a) - Number(b))) {
    const path = await versionFile(join(folder, number))
    if (path !== undefined) versions.push({ name, version: Number(number), path, ...labels })
  }
  return versions
}

/** `model.onnx`, a SavedModel, or the only model there. */
async function versionFile(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((cause: unknown): string[] => {
    if (systemCode(cause) === 'ENOTDIR') return []
    throw cause
  })
  if (names.includes('saved_model.pb')) return folder
  if (names.includes('model.savedmodel')) return join(folder, 'model.savedmodel')
  const models = names.filter(isModel).sort()
  const chosen = models.find(name => name === 'model.onnx') ?? models[0]
  return chosen && join(folder, chosen)
}

async function oneFile(path: string): Promise<readonly Found[]> {
  const labels = join(path, '..', LABELS_FILE)
  const beside = await stat(labels).then(
    found => found.isFile(),
    () => false,
  )
  return [{ name: nameOf(path), version: undefined, path, ...(beside && { labels }) }]
}

function isModel(name: string): boolean {
  return isRunnable(name) || isConverted(name, false)
}

/** `/models/net.pkl.gz` -> `net` */
function nameOf(path: string): string {
  const name = basename(path)
  const stem = /^\.?[^.]+/.exec(name)?.[0] ?? name
  return stem.replace(NOT_OF_NAMES, '-').replace(/^[-.]+|[-.]+$/g, '') || 'model'
}

async function isFolder(path: string, shown: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    throw new BallastError('FILE_UNREADABLE', {
      message:
        systemCode(cause) === 'ENOENT'
          ? `There is no ${shown}`
          : `Could not read ${shown}: ${messageOf(cause)}`,
      hint: 'Name a model file, or a folder with models.',
      cause,
    })
  }
}

function missing(message: string): BallastError<string> {
  return new BallastError('MODEL_MISSING', {
    message,
    hint: 'Name a model file, a folder with a ballast.yaml, a SavedModel, `model/1/model.onnx`, or a folder of such.',
  })
}
