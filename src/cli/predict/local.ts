import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { resolveInside } from '../../core/index.ts'
import { isFolder } from '../../formats/index.ts'
import { type BorrowedReplica, borrowReplica } from '../../inference/index.ts'
import type { ModelConfig } from '../../model/index.ts'
import { type Runnable, runnableOf, withAnswers } from '../convert/runnable.ts'
import { refuseUnsafe } from '../convert/safe.ts'
import { supposedOf } from '../convert/supposed.ts'
import { modelConfigOf, readLabels } from '../stages/context.ts'
import { localRepository } from '../stages/local.ts'

/** A model of this machine, loaded in a process of its own: the one that serves. */
export interface LocalModel {
  readonly replica: BorrowedReplica
  close(): Promise<void>
}

/** Whether a word names a file rather than a model of a server: a path, or a name with an ending that is there. */
export async function isLocalModel(word: string): Promise<boolean> {
  if (!word.includes('/') && extname(word) === '') return false
  return stat(word).then(
    () => true,
    () => word.includes('/'),
  )
}

/**
 * Loads a model file (converted where it is not ONNX), or the model of a folder with a ballast.yaml. `script` is this
 * very program. Throws what reading, converting and loading throw.
 */
export async function openLocal(
  path: string,
  script: string,
  say: (line: string) => void,
): Promise<LocalModel> {
  const { file, config } = await configured(path)
  // Others are scanned before they are converted.
  if (file.endsWith('.onnx')) await refuseUnsafe(file, false, 'served')
  const runnable = await runnableOf(file, {}, say)
  try {
    const full = withAnswers(config ?? (await guessConfig(file, runnable, say)), runnable)
    const replica = await borrowReplica({
      command: [process.execPath, script],
      spec: { model: full.name, modelPath: await realpath(runnable.path), config: full },
    })
    return {
      replica,
      async close() {
        await replica.close()
        await runnable.close()
      },
    }
  } catch (error) {
    await runnable.close()
    throw error
  }
}

interface Configured {
  readonly file: string
  readonly config?: ModelConfig
}

/** The configuration of the folder, where it is about this very file. */
async function configured(path: string): Promise<Configured> {
  if (await isFolder(path)) {
    const described = await stat(join(path, 'ballast.yaml')).catch(() => undefined)
    if (described === undefined) return { file: path }
    return ofRepository(path)
  }
  const folder = dirname(path)
  const found = await stat(join(folder, 'ballast.yaml')).catch(() => undefined)
  if (found === undefined) return { file: path }
  const repository = await ofRepository(folder)
  const same = (await realpath(repository.file).catch(() => '')) === (await realpath(path))
  return same ? repository : { file: path }
}

async function ofRepository(folder: string): Promise<Configured> {
  const repository = await localRepository(folder)
  const file = await resolveInside(folder, repository.model.file)
  return { file, config: await modelConfigOf(folder, repository) }
}

/** Without a ballast.yaml, what the model's inputs and outputs let one suppose. It is said, not hidden. */
async function guessConfig(
  file: string,
  { path, scores, classes = [] }: Runnable,
  say: (line: string) => void,
): Promise<ModelConfig> {
  const labelled = await stat(join(dirname(file), LABELS)).catch(() => undefined)
  const labels = labelled === undefined ? classes : await readLabels(dirname(file), LABELS)
  const config = await supposedOf(path, nameOf(file), labels, scores)
  if (config.preprocess.length > 0) {
    say('no ballast.yaml: images are resized to the input, values scaled to 0…1')
  }
  return config
}

/** Beside a model, a class name a line. */
const LABELS = 'labels.txt'

function nameOf(file: string): string {
  return basename(file, extname(file)).replace(/[^A-Za-z0-9._-]+/g, '-') || 'model'
}
