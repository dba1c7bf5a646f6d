import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CoreError, openFile, resolveInside, systemCode } from '../../core/index.ts'
import { failing } from '../errors.ts'
import type { FileTree } from '../ports.ts'
import { checkRelative } from './names.ts'

/** A data set of images has some hundred thousand files; beyond a million, listing alone takes minutes. */
export const MAX_FILES = 1_000_000
/** Folders in folders; a model's own are four deep. */
export const MAX_DEPTH = 64

interface Listed {
  readonly path: string
  readonly size: number
}

/**
 * The files of a folder on disk. Links are followed only where they stay inside; `list` follows links to files, and
 * no links to folders, so that it never goes in circles. Sorted by path.
 */
export function folderTree(folder: string): FileTree {
  let listed: Promise<readonly Listed[]> | undefined
  return {
    name: folder,
    list() {
      listed ??= listFolder(folder)
      return listed
    },
    async open(path) {
      checkRelative(folder, path)
      const source = await openFile(await resolveInside(folder, path))
      return { ...source, name: path }
    },
  }
}

async function listFolder(folder: string): Promise<readonly Listed[]> {
  const files: Listed[] = []
  const folders = [{ way: '', depth: 0 }]
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of await entriesOf(folder, next.way)) {
      const path = next.way === '' ? entry.name : `${next.way}/${entry.name}`
      if (entry.isDirectory()) {
        if (next.depth === MAX_DEPTH) throw tooMuch(`${folder} has folders more than ${MAX_DEPTH} deep`)
        folders.push({ way: path, depth: next.depth + 1 })
        continue
      }
      const size = await sizeOf(folder, path, entry)
      if (size === undefined) continue
      if (files.length === MAX_FILES) throw tooMuch(`${folder} has more than ${MAX_FILES} files`)
      files.push({ path, size })
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function entriesOf(folder: string, way: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(join(folder, way), { withFileTypes: true })
  } catch (cause) {
    throw new CoreError('FILE_UNREADABLE', {
      message: `The folder ${join(folder, way)} could not be listed (${systemCode(cause)})`,
      hint: 'Check the name and its permissions.',
      cause,
    })
  }
}

/**
 * Undefined for what is no file, is gone by now, or leads out. A file whose name is no UTF-8 is listed all the same,
 * so that a scan tells what it can't open.
 */
async function sizeOf(folder: string, path: string, entry: Dirent): Promise<number | undefined> {
  if (!entry.isFile() && !entry.isSymbolicLink()) return undefined
  try {
    const found = await stat(entry.isFile() ? join(folder, path) : await resolveInside(folder, path))
    return found.isFile() ? found.size : undefined
  } catch {
    return entry.isFile() && entry.name.includes('\ufffd') ? 0 : undefined
  }
}

function tooMuch(message: string): Error {
  return failing('FORMAT_LIMIT', 'Name the folder of one model or data set.')(message)
}
