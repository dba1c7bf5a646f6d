import type { CommitId } from '../../core/index.ts'
import { GitError } from '../errors.ts'
import { runGit } from '../process/run.ts'
import type { TreeFile } from '../types.ts'
import { unknownCommit } from './commits.ts'
import { checkCommitId, checkTreePath } from './names.ts'

/** A model repository has dozens of files, a large code repository tens of thousands. */
const MAX_FILES = 100_000
/** About 300 bytes a file. */
const MAX_LISTING_BYTES = 32 << 20

const KINDS: Readonly<Record<string, TreeFile['kind']>> = { '120000': 'link', '160000': 'submodule' }

/** Git's id of a commit's files: equal files, equal ids. Throws COMMIT_UNKNOWN. */
export async function treeId(directory: string, commit: CommitId): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', `${checkCommitId(commit)}^{tree}`]
  const { stdout, exitCode } = await runGit(args, { directory, maxBytes: 1024, accept: [0, 1, 128] })
  if (exitCode !== 0) throw unknownCommit(commit)
  return stdout.toString('latin1').trim()
}

/** Every file of a commit, sorted by path as Git sorts. Throws COMMIT_UNKNOWN, TREE_TOO_LARGE. */
export async function listFiles(directory: string, commit: CommitId): Promise<readonly TreeFile[]> {
  return listTree(directory, commit, [])
}

/**
 * A file's bytes; undefined when the commit has no such path. Throws GIT_FILE_TOO_LARGE beyond `maxBytes`, before
 * reading, and GIT_FILE_NOT_REGULAR for a folder, link or submodule: a link is never followed.
 */
export async function readFile(
  directory: string,
  commit: CommitId,
  path: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const [entry, ...others] = await listTree(directory, commit, [checkTreePath(path)])
  if (entry === undefined) return undefined
  if (others.length > 0 || entry.path !== path || entry.kind !== 'file') {
    throw new GitError('GIT_FILE_NOT_REGULAR', {
      message: `${path} of ${commit} is ${entry.path === path ? `a ${entry.kind}` : 'a folder'}, not a file`,
      hint: 'Commit the file itself there.',
    })
  }
  if (entry.size > maxBytes) {
    throw new GitError('GIT_FILE_TOO_LARGE', {
      message: `${path} of ${commit} has ${entry.size} bytes; at most ${maxBytes} are read`,
      hint: 'Make the file smaller.',
    })
  }
  const { stdout } = await runGit(['cat-file', 'blob', entry.id], {
    directory,
    maxBytes: Math.max(maxBytes, 1),
  })
  return stdout
}

async function listTree(directory: string, commit: CommitId, paths: readonly string[]): Promise<TreeFile[]> {
  const args = ['ls-tree', '-r', '-l', '-z', '--full-tree', checkCommitId(commit), '--', ...paths]
  const options = { directory, maxBytes: MAX_LISTING_BYTES, accept: [0, 128] }
  const { stdout, exitCode } = await runGit(args, options).catch(error => {
    throw error instanceof GitError && error.code === 'GIT_OUTPUT_TOO_LARGE' ? tooLarge(commit) : error
  })
  if (exitCode !== 0) throw unknownCommit(commit)
  const files = stdout.toString('utf8').split('\0').slice(0, -1).map(parseEntry)
  if (files.length > MAX_FILES) throw tooLarge(commit)
  return files
}

/** `100644 blob <id>    1234\tpath` */
function parseEntry(line: string): TreeFile {
  const tab = line.indexOf('\t')
  const [mode = '', , id = '', size = ''] = line.slice(0, tab).split(/ +/)
  return { path: line.slice(tab + 1), kind: KINDS[mode] ?? 'file', mode, size: Number(size) || 0, id }
}

function tooLarge(commit: CommitId): GitError {
  return new GitError('TREE_TOO_LARGE', {
    message: `Commit ${commit} has more than ${MAX_FILES} files`,
    hint: 'Keep large sets of small files in an archive or outside the repository.',
  })
}
