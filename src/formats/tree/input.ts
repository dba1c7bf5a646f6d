import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { type ByteSource, CoreError, openFile, systemCode } from '../../core/index.ts'
import { unwrapAll } from '../codecs/unwrap.ts'
import type { FileTree, ModelInput } from '../ports.ts'
import { folderTree } from './folder.ts'

/** A model's main file, opened and unwrapped. */
export interface OpenInput extends ModelInput {
  /** Closes the file, and gives back what unpacking it took. */
  close(): Promise<void>
}

/**
 * The main file `path` of a tree, with its wrappers taken off. Throws what opening and `unwrapAll` throw.
 */
export async function inputFrom(tree: FileTree, path: string): Promise<OpenInput> {
  return inputOf(await tree.open(path), tree, path)
}

/** A file on disk as a model's main file, with its folder as the tree. Throws FILE_UNREADABLE, or what `unwrapAll` throws. */
export async function inputFromFile(path: string): Promise<OpenInput> {
  return inputOf(await openFile(path), folderTree(dirname(path)), basename(path))
}

/** Whether there is a folder, and not a file, at `path`. Throws FILE_UNREADABLE where there is neither. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    const missing = systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR'
    throw new CoreError('FILE_UNREADABLE', {
      message: missing ? `There is no file ${path}` : `Could not open ${path} (${systemCode(cause)})`,
      hint: 'Check the name and its permissions.',
      cause,
    })
  }
}

async function inputOf(stored: ByteSource, tree: FileTree, path: string): Promise<OpenInput> {
  try {
    const { source, wrapper, close } = await unwrapAll(stored)
    return {
      source,
      path,
      storedSize: stored.size,
      wrapper,
      tree,
      async close() {
        await close()
        await stored.close()
      },
    }
  } catch (cause) {
    await stored.close()
    throw cause
  }
}
