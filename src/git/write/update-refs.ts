import { GitError } from '../errors.ts'
import { runGit } from '../process/run.ts'
import { checkCommitId, checkRefName } from '../read/names.ts'
import { readRefs } from '../read/refs.ts'
import type { RefChange } from '../types.ts'

/** Refs of the server's own, kept beside those that clients see: `readRefs` does not list them. */
const HIDDEN = 'refs/ballast/'

/**
 * Moves refs from `before` to `after`, all or none (40 zeros: it is not there). `moved elsewhere`: one of them was
 * no longer where it was said to be, and nothing has changed.
 */
export async function updateRefs(
  directory: string,
  changes: readonly RefChange[],
): Promise<'done' | 'moved elsewhere'> {
  const commands = changes.map(
    ({ ref, before, after }) =>
      `update ${checkRefName(ref)}\0${checkCommitId(after)}\0${checkCommitId(before)}\0`,
  )
  try {
    await runGit(['update-ref', '--stdin', '-z'], {
      directory,
      maxBytes: 4096,
      input: ['start\0', ...commands, 'prepare\0', 'commit\0'].join(''),
    })
    return 'done'
  } catch (error) {
    if (!(error instanceof GitError) || error.code !== 'GIT_FAILED') throw error
    const refs = await readRefs(directory)
    const elsewhere = changes.some(
      ({ ref, before }) => !ref.startsWith(HIDDEN) && (refs.get(ref) ?? '0'.repeat(40)) !== before,
    )
    if (elsewhere) return 'moved elsewhere'
    throw error
  }
}
