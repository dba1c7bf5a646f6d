import type { CommitId } from '../../core/index.ts'
import { runGit } from '../process/run.ts'
import { unknownCommit } from './commits.ts'
import { checkCommitId } from './names.ts'

/** Like a listing of the whole tree: about 300 bytes a path. */
const MAX_DIFF_BYTES = 32 << 20

/** Paths that differ between two commits, sorted; of a file that was renamed both. Throws COMMIT_UNKNOWN. */
export async function changedFiles(
  directory: string,
  from: CommitId,
  to: CommitId,
): Promise<readonly string[]> {
  const args = ['diff', '--name-only', '--no-renames', '-z', checkCommitId(from), checkCommitId(to), '--']
  const { stdout, exitCode } = await runGit(args, { directory, maxBytes: MAX_DIFF_BYTES, accept: [0, 128] })
  if (exitCode !== 0) throw unknownCommit(`${from} or ${to}`)
  return stdout.toString('utf8').split('\0').slice(0, -1)
}

/** The best common ancestor; undefined where histories have none. Throws COMMIT_UNKNOWN. */
export async function mergeBase(
  directory: string,
  one: CommitId,
  other: CommitId,
): Promise<CommitId | undefined> {
  const args = ['merge-base', checkCommitId(one), checkCommitId(other)]
  const { stdout, exitCode } = await runGit(args, { directory, maxBytes: 1024, accept: [0, 1, 128] })
  if (exitCode === 128) throw unknownCommit(`${one} or ${other}`)
  return exitCode === 0 ? checkCommitId(stdout.toString('latin1').trim().split('\n')[0]!) : undefined
}
