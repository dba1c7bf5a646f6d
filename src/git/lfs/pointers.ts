import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommitId } from '../../core/index.ts'
import { GitError } from '../errors.ts'
import { runGit } from '../process/run.ts'
import { unknownCommit } from '../read/commits.ts'
import { checkCommitId } from '../read/names.ts'
import { listFiles } from '../read/tree.ts'
import type { TreeFile } from '../types.ts'
import { type LfsPointer, MAX_POINTER_BYTES, parsePointer } from './pointer.ts'

/** A path of a commit that holds a pointer in the place of its file. */
export interface PointerFile extends LfsPointer {
  readonly path: string
  readonly executable: boolean
}

/** Each is one file to fetch for a job; a data set of more belongs in archives. */
const MAX_POINTER_FILES = 20_000
/** Paths and an answer of some ten bytes to each. */
const MAX_ATTRIBUTE_BYTES = 64 << 20

/**
 * The files of a commit that Git LFS keeps: those with `filter=lfs` in the commit's own .gitattributes whose
 * content is a pointer, in order of path. A text that only looks like one is left alone, as git-lfs does.
 * Throws COMMIT_UNKNOWN, TREE_TOO_LARGE.
 */
export async function pointerFiles(directory: string, commit: CommitId): Promise<readonly PointerFile[]> {
  if (!(await mayHavePointers(directory, commit))) return []
  const files = await listFiles(directory, commit)
  const small = files.filter(({ kind, size }) => kind === 'file' && size > 0 && size <= MAX_POINTER_BYTES)
  const filtered = await withFilter(directory, commit, small)
  if (filtered.length > MAX_POINTER_FILES) throw tooMany(commit, filtered.length)
  const contents = await contentsOf(directory, filtered)
  return filtered.flatMap(({ path, mode }, place) => {
    const pointer = parsePointer(contents[place]!)
    return pointer === undefined ? [] : [{ path, executable: mode === '100755', ...pointer }]
  })
}

/** Whether its attributes speak of Git LFS at all: most repositories' do not, however many files they have. */
async function mayHavePointers(directory: string, commit: CommitId): Promise<boolean> {
  const attributes = ':(glob)**/.gitattributes'
  const args = [
    'grep',
    '--quiet',
    '--fixed-strings',
    '-e',
    'filter=lfs',
    checkCommitId(commit),
    '--',
    attributes,
  ]
  const environment = { GIT_LITERAL_PATHSPECS: '0' }
  const { exitCode } = await runGit(args, { directory, maxBytes: 4096, accept: [0, 1, 128], environment })
  if (exitCode === 128) throw unknownCommit(commit)
  return exitCode === 0
}

/**
 * `check-attr` reads a commit's attributes out of an index, and a bare repository has none. It is made for a repository
 * beside it that borrows its objects: our own switch all attributes off, so that archives are what was committed.
 */
async function withFilter(
  repository: string,
  commit: CommitId,
  files: readonly TreeFile[],
): Promise<readonly TreeFile[]> {
  if (files.length === 0) return []
  const directory = await mkdtemp(join(tmpdir(), 'ballast-attributes-'))
  try {
    for (const folder of ['objects', 'refs']) await mkdir(join(directory, folder))
    await writeFile(join(directory, 'HEAD'), `${commit}\n`)
    const environment = { GIT_OBJECT_DIRECTORY: join(repository, 'objects') }
    await runGit(['read-tree', commit], { directory, maxBytes: 4096, environment })
    const { stdout } = await runGit(['check-attr', '--cached', '--stdin', '-z', 'filter'], {
      directory,
      maxBytes: MAX_ATTRIBUTE_BYTES,
      environment,
      input: files.map(({ path }) => `${path}\0`).join(''),
    })
    // `path\0attribute\0value\0`, in the order of what was asked.
    const fields = stdout.toString('utf8').split('\0')
    return files.filter((_, place) => fields[place * 3 + 2] === 'lfs')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Of small blobs, in their order. */
async function contentsOf(directory: string, files: readonly TreeFile[]): Promise<readonly Buffer[]> {
  if (files.length === 0) return []
  const { stdout } = await runGit(['cat-file', '--batch'], {
    directory,
    maxBytes: files.length * (MAX_POINTER_BYTES + 128),
    input: files.map(({ id }) => `${id}\n`).join(''),
  })
  // `<id> blob <size>\n<bytes>\n`
  let at = 0
  return files.map(({ size }) => {
    const start = stdout.indexOf(0x0a, at) + 1
    at = start + size + 1
    return stdout.subarray(start, start + size)
  })
}

function tooMany(commit: CommitId, count: number): GitError {
  return new GitError('TREE_TOO_LARGE', {
    message: `Commit ${commit} keeps ${count} files by Git LFS; at most ${MAX_POINTER_FILES} are given to a job`,
    hint: 'Keep large sets of small files in an archive.',
  })
}
