import { open } from 'node:fs/promises'
import { BallastError, formatSize, isInside, resolveInside, systemCode } from '../../../core/index.ts'
import type { RepositoryFiles } from '../../../pipeline/index.ts'
import { baseOf, changedSince, commitOf } from './changes.ts'
import type { WorkingTree } from './repository.ts'

export interface ChangeFacts {
  /** Given on the command line: taken as the truth. */
  readonly given?: readonly string[]
  /** Branch that a merge request goes to. */
  readonly target?: string
}

/** A working tree as a dialect reads it: confined to its folder, and only what git would commit. */
export function filesOf(tree: WorkingTree, changes: ChangeFacts): RepositoryFiles {
  return {
    async list() {
      return tree.files
    },
    read: (path, maxBytes) => readConfined(tree.root, path, maxBytes),
    async changed(from) {
      if (changes.given) return changes.given
      if (from === 'before') {
        const base = await baseOf(tree, changes.target)
        return base && changedSince(tree, base.commit)
      }
      const commit = (await commitOf(tree, `origin/${from.ref}`)) ?? (await commitOf(tree, from.ref))
      return commit === undefined ? undefined : changedSince(tree, commit)
    },
  }
}

/** Text of a file below `root`; undefined where there is none. Throws FILE_UNREADABLE for one that is too large. */
export async function readConfined(
  root: string,
  path: string,
  maxBytes: number,
): Promise<string | undefined> {
  let real: string
  try {
    real = await resolveInside(root, path)
  } catch (error) {
    if (error instanceof BallastError && systemCode(error.cause) === 'ENOENT') return undefined
    throw error
  }
  const handle = await open(real, 'r')
  try {
    const { size } = await handle.stat()
    if (size <= maxBytes) return await handle.readFile('utf8')
  } catch (error) {
    if (systemCode(error) === 'EISDIR') return undefined
    throw error
  } finally {
    await handle.close()
  }
  throw new BallastError('FILE_UNREADABLE', {
    message: `${path} is larger than ${formatSize(maxBytes)}`,
    hint: 'A file of configuration is never that large: check what it is.',
  })
}

/** A path as the tree names it: `sub/.gitlab-ci.yml`; undefined for one outside of it. */
export function pathInTree(root: string, absolute: string): string | undefined {
  if (!isInside(root, absolute) || absolute === root) return undefined
  return absolute.slice(root.length + 1)
}
