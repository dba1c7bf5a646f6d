import type { CommitId } from '../../core/index.ts'
import { GitError } from '../errors.ts'
import { runGit } from '../process/run.ts'
import { checkCommitId, checkRefName } from './names.ts'

/** Titles and names are shown in one line; a longer one is cut. */
const MAX_TEXT = 500

/**
 * The commit that a branch, tag, full ref or (abbreviated) id stands for; an annotated tag is followed.
 * undefined when there is none. Throws REF_NAME_INVALID on revision expressions such as `main~3`.
 */
export async function resolveCommit(directory: string, name: string): Promise<CommitId | undefined> {
  const expression = `${checkRefName(name)}^{commit}`
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', expression]
  const { stdout, exitCode } = await runGit(args, { directory, maxBytes: 1024, accept: [0, 1, 128] })
  return exitCode === 0 ? checkCommitId(stdout.toString('latin1').trim()) : undefined
}

/** More than any message that a person reads; the rest is cut. */
const MAX_MESSAGE = 64 * 1024

/** The whole message, the author as `Name <mail>` and when it was committed (ISO 8601). Throws COMMIT_UNKNOWN. */
export async function describeCommit(
  directory: string,
  id: CommitId,
): Promise<{ readonly message: string; readonly author: string; readonly timestamp: string }> {
  const format = '--format=%H%x00%an <%ae>%x00%cI%x00%B'
  const args = ['log', '-1', '--no-color', '--encoding=UTF-8', format, checkCommitId(id), '--']
  const { stdout, exitCode } = await runGit(args, { directory, maxBytes: 1 << 20, accept: [0, 128] })
  const [commit, author = '', timestamp = '', message = ''] = stdout.toString('utf8').split('\0')
  if (exitCode !== 0 || commit !== id) throw unknownCommit(id)
  return { message: message.trimEnd().slice(0, MAX_MESSAGE), author: oneLine(author), timestamp }
}

/** Whether `ancestor` is `descendant` or lies behind it. Throws COMMIT_UNKNOWN when one of them is not there. */
export async function isAncestor(
  directory: string,
  ancestor: CommitId,
  descendant: CommitId,
): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', checkCommitId(ancestor), checkCommitId(descendant)]
  const { exitCode } = await runGit(args, { directory, maxBytes: 1024, accept: [0, 1, 128] })
  if (exitCode === 128) throw unknownCommit(`${ancestor} or ${descendant}`)
  return exitCode === 0
}

export function unknownCommit(id: string): GitError {
  return new GitError('COMMIT_UNKNOWN', {
    message: `The repository has no commit ${id}`,
    hint: 'Push it first; a commit that no branch or tag holds any more may be gone.',
  })
}

function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]/g, ' ').slice(0, MAX_TEXT)
}
