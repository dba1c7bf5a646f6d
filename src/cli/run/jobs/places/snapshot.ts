import { lstatSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs'
import { constants, copyFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inParallel, systemCode } from '../../../../core/index.ts'
import type { WorkingTree } from '../../tree/repository.ts'
import { type HeldPart, writePart } from './held.ts'
import { historyParts } from './history.ts'

/** A tree up to here is held in memory: to write it out again costs less than to copy it. */
const MAX_HELD_BYTES = 8 * 1024 * 1024
const MAX_HELD_FILES = 500
/** Copies under way at once: node has four threads for files. */
const AT_ONCE = 8

type Part =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

/** A working tree, ready to be laid out for each job. */
export interface Snapshot {
  readonly bytes: number
  /** Everything in it, where it is small; sorted, folders before what they hold. */
  readonly held?: readonly HeldPart[]
  /** Into an empty folder. Nothing in it is shared with the tree or with another job. */
  lay(folder: string): Promise<void>
}

/** Looks at every file once. Small trees are read; of others each job gets a copy as it is when it starts. */
export async function snapshotOf(tree: WorkingTree): Promise<Snapshot> {
  const { root } = tree
  const parts: Part[] = []
  let bytes = 0
  for (const path of tree.files) {
    const stat = lstatSync(join(root, path), { throwIfNoEntry: false })
    if (stat?.isSymbolicLink()) parts.push({ kind: 'link', path, target: readlinkSync(join(root, path)) })
    if (!stat?.isFile()) continue
    bytes += stat.size
    parts.push({ kind: 'file', path, mode: stat.mode & 0o777 })
  }
  const history = tree.git?.whole ? await historyParts(tree.git, root) : []
  const folders = foldersOf(parts).map((path): HeldPart => ({ kind: 'folder', path }))
  if (bytes > MAX_HELD_BYTES || parts.length > MAX_HELD_FILES) {
    const few = [...folders, ...history]
    const lay = async (folder: string): Promise<void> => {
      for (const part of few) writePart(folder, part)
      await copyParts(root, folder, parts)
    }
    return { bytes, lay }
  }
  const held = [...folders, ...parts.map(part => withContent(root, part)), ...history]
  const lay = async (folder: string): Promise<void> => {
    for (const part of held) writePart(folder, part)
  }
  return { bytes, held, lay }
}

function withContent(root: string, part: Part): HeldPart {
  return part.kind === 'file' ? { ...part, content: readFileSync(join(root, part.path)) } : part
}

/** Every folder above a file, the outer ones first. */
function foldersOf(parts: readonly Part[]): readonly string[] {
  const folders = new Set<string>()
  for (const { path } of parts)
    for (let folder = dirname(path); folder !== '.' && !folders.has(folder); folder = dirname(folder))
      folders.add(folder)
  return [...folders].sort()
}

const CLONE = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL

/** As reflinks where the file system has them, else byte by byte. */
async function copyParts(root: string, folder: string, parts: readonly Part[]): Promise<void> {
  await inParallel(parts, AT_ONCE, async part => {
    if (part.kind === 'link') return symlinkSync(part.target, join(folder, part.path))
    // A file that somebody deleted since is one that is not there.
    await copyFile(join(root, part.path), join(folder, part.path), CLONE).catch(error => {
      if (systemCode(error) !== 'ENOENT') throw error
    })
  })
}
