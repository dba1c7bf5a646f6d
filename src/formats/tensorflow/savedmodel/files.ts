import { type ByteSource, CoreError } from '../../../core/index.ts'
import type { FileTree, ModelInput } from '../../ports.ts'
import type { FilePart } from '../../types.ts'
import type { TensorflowFailures } from '../failures.ts'

/** Files of a SavedModel's folder, beside those that it does not know. */
const OWN = /^(fingerprint\.pb|keras_metadata\.pb|(variables|assets|assets\.extra)\/.*)$/

/** A SavedModel's folder. */
export interface ModelFolder {
  /** With the main file first. */
  readonly files: readonly FilePart[]
  /** A file below the folder, or undefined where there is none. The caller closes it. */
  open(path: string): Promise<ByteSource | undefined>
  /** The path of a file below the folder, in the tree. */
  path(path: string): string
}

/**
 * Finds what belongs to the model. Where files can't be listed, `known` says which may be there.
 * Throws FORMAT_PATH for an asset that leads out.
 */
export async function modelFolder(
  { tree, path, storedSize }: ModelInput,
  known: readonly string[],
): Promise<ModelFolder> {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : ''
  const listed = await tree.list()
  const main = { path, size: storedSize }
  const open = (name: string) => openIfThere(tree, folder + name)
  const pathOf = (name: string) => folder + name
  if (listed) {
    const own = listed.filter(
      file => file.path.startsWith(folder) && OWN.test(file.path.slice(folder.length)),
    )
    return {
      files: [main, ...own.map(file => ({ path: file.path, size: file.size }))],
      open: async name => (listed.some(file => file.path === folder + name) ? open(name) : undefined),
      path: pathOf,
    }
  }
  const files: FilePart[] = [main]
  for (const name of new Set(known)) {
    const source = await open(name)
    if (source) files.push({ path: folder + name, size: source.size })
    await source?.close()
  }
  return { files, open, path: pathOf }
}

/** Asset names come from the model: each must be a plain path below `assets/`. */
export function checkAsset(file: string, main: string, fail: TensorflowFailures): void {
  const parts = file.split(/[/\\]/)
  if (
    file !== '' &&
    !file.includes('\0') &&
    !/^[A-Za-z]:/.test(file) &&
    parts.every(part => !/^\.{0,2}$/.test(part))
  )
    return
  throw fail.path({ name: main }, `the asset '${file.slice(0, 200)}' leads out of assets/`)
}

async function openIfThere(tree: FileTree, path: string): Promise<ByteSource | undefined> {
  try {
    return await tree.open(path)
  } catch (cause) {
    if (cause instanceof CoreError && cause.code === 'FILE_UNREADABLE') return undefined
    throw cause
  }
}
