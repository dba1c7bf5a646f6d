import {
  constants,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemCode } from '../../../core/index.ts'
import { git } from '../tree/git.ts'
import type { GitState, WorkingTree } from '../tree/repository.ts'
import { inParallel } from './parallel.ts'

/** A tree up to here is held in memory: to write it out again costs less than to copy it. */
const MAX_HELD_BYTES = 8 * 1024 * 1024
const MAX_HELD_FILES = 500

type Part =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content?: Buffer }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

/** A working tree, ready to be laid out for each job. */
export interface Snapshot {
  readonly files: number
  readonly bytes: number
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
  const held = bytes <= MAX_HELD_BYTES && parts.length <= MAX_HELD_FILES
  const laid = held ? parts.map(part => withContent(root, part)) : parts
  const folders = foldersOf(parts)
  const history = tree.git?.whole ? await historyOf(tree.git, root) : undefined
  return {
    files: parts.length,
    bytes,
    async lay(folder) {
      for (const path of folders) mkdirSync(join(folder, path))
      if (held) for (const part of laid) writePart(folder, part)
      else await copyParts(root, folder, laid)
      if (history) layHistory(join(folder, '.git'), history)
    },
  }
}

function withContent(root: string, part: Part): Part {
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

function writePart(folder: string, part: Part): void {
  const to = join(folder, part.path)
  if (part.kind === 'link') symlinkSync(part.target, to)
  else writeFileSync(to, part.content!, { flag: 'wx', mode: part.mode })
}

const CLONE = constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL

/** As reflinks where the file system has them, else byte by byte. */
async function copyParts(root: string, folder: string, parts: readonly Part[]): Promise<void> {
  await inParallel(parts, async part => {
    if (part.kind === 'link') return writePart(folder, part)
    // A file that somebody deleted since is one that is not there.
    await copyFile(join(root, part.path), join(folder, part.path), CLONE).catch(error => {
      if (systemCode(error) !== 'ENOENT') throw error
    })
  })
}

interface History {
  readonly head: string
  readonly refs: string
  readonly objects: string
  readonly origin: string | undefined
  readonly index: Buffer | undefined
  readonly shallow: Buffer | undefined
}

/** What a repository is but for its objects, which are borrowed; so a job may commit, and nobody sees it. */
async function historyOf(state: GitState, root: string): Promise<History | undefined> {
  if (!state.head) return undefined
  const refs = await git(root, 'for-each-ref', '--format=%(objectname) %(refname)')
  return {
    head: state.head.commit,
    refs: refs ?? '',
    objects: join(state.commonDir, 'objects'),
    origin: state.origin && withoutPassword(state.origin),
    index: readIfThere(join(state.gitDir, 'index')),
    shallow: readIfThere(join(state.commonDir, 'shallow')),
  }
}

function layHistory(folder: string, { head, refs, objects, origin, index, shallow }: History): void {
  mkdirSync(join(folder, 'objects/info'), { recursive: true })
  mkdirSync(join(folder, 'refs'))
  writeFileSync(join(folder, 'HEAD'), `${head}\n`)
  const remote =
    origin === undefined
      ? ''
      : `[remote "origin"]\n\turl = ${JSON.stringify(origin)}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`
  writeFileSync(join(folder, 'config'), `[core]\n\trepositoryformatversion = 0\n\tbare = false\n${remote}`)
  writeFileSync(join(folder, 'packed-refs'), refs)
  writeFileSync(join(folder, 'objects/info/alternates'), `${objects}\n`)
  if (index) writeFileSync(join(folder, 'index'), index)
  if (shallow) writeFileSync(join(folder, 'shallow'), shallow)
}

function withoutPassword(origin: string): string {
  const address = URL.parse(origin)
  if (!address?.password && !address?.username) return origin
  address.password = ''
  if (address.protocol.startsWith('http')) address.username = ''
  return address.href
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
