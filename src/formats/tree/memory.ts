import { sourceOf } from '../../core/index.ts'
import type { FileTree } from '../ports.ts'
import { checkRelative, missingIn } from './names.ts'

/** Files in memory, by path. */
export function memoryTree(files: ReadonlyMap<string, Uint8Array>, name = 'memory'): FileTree {
  return {
    name,
    async list() {
      return [...files]
        .map(([path, bytes]) => ({ path, size: bytes.byteLength }))
        .sort((a, b) => (a.path < b.path ? -1 : 1))
    },
    async open(path) {
      checkRelative(name, path)
      const bytes = files.get(path)
      if (bytes === undefined) throw missingIn(name, path)
      return sourceOf(bytes, path)
    },
  }
}
