import { failing } from '../../errors.ts'
import type { FileTree, ModelInput } from '../../ports.ts'
import { memoryTree } from '../../tree/memory.ts'
import type { Content } from './content.ts'

const missing = failing('FORMAT_UNSUPPORTED', 'Scan the folder in which the files lie.')

/** Content within an archive has no folder: what it names beside it is not there. */
const NOWHERE: FileTree = {
  ...memoryTree(new Map(), 'an archive'),
  async open(path) {
    throw missing(`there is no ${path} beside it`)
  },
}

/** Content as a reader takes it. */
export function inputOf({ source, path, name, tree }: Content): ModelInput {
  return { source, path: path ?? name, storedSize: source.size, wrapper: [], tree: tree ?? NOWHERE }
}
