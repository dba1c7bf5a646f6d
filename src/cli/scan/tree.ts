import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { openFile, resolveInside } from '../../core/index.ts'
import { type FileTree, folderTree, isFolder } from '../../formats/index.ts'

/**
 * What a person named, as the tree to scan: every file of a folder, or one file. Throws FILE_UNREADABLE where there is
 * neither.
 */
export async function treeToScan(path: string): Promise<FileTree> {
  return (await isFolder(path)) ? withLinks(path) : oneFile(path)
}

/** The file may be a link to anywhere, as it was named; what it refers to lies in its folder. */
async function oneFile(file: string): Promise<FileTree> {
  const neighbours = folderTree(dirname(file))
  const main = basename(file)
  const { size } = await stat(file)
  return {
    name: file,
    list: async () => [{ path: main, size }],
    open: path => (path === main ? openFile(file) : neighbours.open(path)),
  }
}

/**
 * A folder's files, and the links in it that dangle or lead out of it: a loader would follow those, so they must not
 * go unseen. They don't open, which makes them unreadable.
 */
function withLinks(folder: string): FileTree {
  const tree = folderTree(folder)
  return {
    ...tree,
    async list() {
      const files = (await tree.list()) ?? []
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      const lost = await Promise.all(
        entries.filter(entry => entry.isSymbolicLink()).map(entry => lostLink(folder, entry)),
      )
      return [...files, ...lost.filter(path => path !== undefined).map(path => ({ path, size: 0 }))]
    },
  }
}

async function lostLink(folder: string, entry: Dirent): Promise<string | undefined> {
  const path = relative(folder, join(entry.parentPath, entry.name))
  try {
    await resolveInside(folder, path)
    return undefined
  } catch {
    return path
  }
}
