import { basename, dirname, extname } from 'node:path/posix'
import { FormatsError } from '../errors.ts'
import type { FileTree } from '../ports.ts'

/** Files that make the folder they are in one model, the most telling first. */
const MAKERS: readonly string[] = [
  'saved_model.pb',
  'model.safetensors.index.json',
  'model.json',
  'model.keras',
  'model.onnx',
  'model.safetensors',
  'pytorch_model.bin.index.json',
  'pytorch_model.bin',
]
/** Names under which model files go, the most complete kinds first. */
const EXTENSIONS: readonly string[] = [
  '.onnx',
  '.keras',
  '.pt2',
  '.tflite',
  '.gguf',
  '.safetensors',
  '.h5',
  '.hdf5',
  '.pb',
  '.pt',
  '.pth',
  '.bin',
  '.ckpt',
  '.joblib',
  '.pkl',
  '.pickle',
  '.ubj',
  '.npz',
  '.npy',
  '.index',
  '.txt',
  '.json',
]
/** A part of a split file: the first stands for all. */
const LATER_PART = /-(?!00001-)\d{5}-of-\d{5}\./

/**
 * The file that stands for a folder: what makes it a SavedModel, a sharded or TF.js model; else its only model file.
 * Undefined for a folder without any. Throws FORMAT_UNKNOWN for several, with their names.
 */
export async function mainFileOf(tree: FileTree): Promise<string | undefined> {
  const files = (await tree.list()) ?? []
  const paths = files.map(({ path }) => path)
  for (const maker of MAKERS) if (paths.includes(maker)) return maker
  const nested = MAKERS.flatMap(maker => paths.filter(path => basename(path) === maker))
  const folders = new Set(nested.map(path => dirname(path)))
  if (folders.size === 1) return nested[0]
  if (folders.size > 1) throw several(tree, nested)
  for (const extension of EXTENSIONS) {
    const found = paths.filter(path => fits(path, extension) && !LATER_PART.test(path))
    if (found.length === 1) return found[0]
    if (found.length > 1) throw several(tree, found)
  }
  return undefined
}

/** `.pkl` also finds `model.pkl.gz`. */
function fits(path: string, extension: string): boolean {
  if (extension === '.txt' || extension === '.json') return basename(path).startsWith(`model${extension}`)
  const bare = path.replace(/\.(?:gz|gzip|z|bz2|xz|lzma|zst|zstd|lz4)$/i, '')
  return extname(bare).toLowerCase() === extension
}

function several(tree: FileTree, found: readonly string[]): FormatsError {
  const shown = found.slice(0, 5).join(', ')
  return new FormatsError('FORMAT_UNKNOWN', {
    message: `${tree.name} holds more than one model: ${shown}${found.length > 5 ? ' …' : ''}`,
    hint: 'Name the file that is meant.',
    details: { found: found.slice(0, 50) },
  })
}
