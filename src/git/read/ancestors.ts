import type { CommitId } from '../../core/index.ts'
import { runGit } from '../process/run.ts'
import { unknownCommit } from './commits.ts'
import { checkCommitId } from './names.ts'

/** Whoever lies further back is no parent that anybody compares with. */
const MAX_DEPTH = 10_000
const LINE_BYTES = 41

/**
 * The latest of `candidates` that is `commit` itself or lies behind it; undefined where none of the 10,000 latest is.
 * Throws COMMIT_UNKNOWN.
 */
export async function nearestAncestor(
  directory: string,
  commit: CommitId,
  candidates: ReadonlySet<string>,
): Promise<CommitId | undefined> {
  if (candidates.size === 0) return undefined
  const args = ['rev-list', `--max-count=${MAX_DEPTH}`, checkCommitId(commit), '--']
  const maxBytes = MAX_DEPTH * LINE_BYTES + 1024
  const { stdout, exitCode } = await runGit(args, { directory, maxBytes, accept: [0, 128] })
  if (exitCode !== 0) throw unknownCommit(commit)
  const found = stdout
    .toString('latin1')
    .split('\n')
    .find(line => candidates.has(line))
  return found === undefined ? undefined : checkCommitId(found)
}
