import type { CommitId } from '../../core/index.ts'
import { runGit } from '../process/run.ts'
import { checkCommitId } from '../read/names.ts'

/** Names of files in conflict; more are not told. */
const MAX_LISTING_BYTES = 1 << 20

export type MergedTree =
  | { readonly kind: 'tree'; readonly tree: string }
  /** Paths of files that both sides changed, each in its own way. */
  | { readonly kind: 'conflicts'; readonly files: readonly string[] }

/** What a merge of two commits would hold. Changes no ref; nothing is checked out. */
export async function mergeTree(directory: string, ours: CommitId, theirs: CommitId): Promise<MergedTree> {
  const options = ['--write-tree', '--name-only', '--no-messages', '-z']
  const args = ['merge-tree', ...options, checkCommitId(ours), checkCommitId(theirs)]
  const { stdout, exitCode } = await runGit(args, { directory, maxBytes: MAX_LISTING_BYTES, accept: [0, 1] })
  const [tree = '', ...files] = stdout.toString('utf8').split('\0')
  if (exitCode === 0) return { kind: 'tree', tree: checkCommitId(tree) }
  return { kind: 'conflicts', files: [...new Set(files.filter(Boolean))] }
}

export interface NewCommit {
  readonly tree: string
  readonly parents: readonly CommitId[]
  readonly message: string
  readonly author: { readonly name: string; readonly email: string }
}

/** Writes a commit that no ref holds yet. */
export async function writeCommit(directory: string, commit: NewCommit): Promise<CommitId> {
  const { tree, parents, message, author } = commit
  const args = ['commit-tree', checkCommitId(tree), ...parents.flatMap(id => ['-p', checkCommitId(id)])]
  const { stdout } = await runGit(args, {
    directory,
    maxBytes: 1024,
    input: message,
    environment: { GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email },
  })
  return checkCommitId(stdout.toString('latin1').trim())
}
