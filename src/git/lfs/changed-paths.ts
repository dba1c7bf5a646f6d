import type { CommitId } from '../../core/index.ts'
import { partsOf, streamGit } from '../process/stream.ts'
import { quarantineEnvironment } from './quarantine.ts'

const MAX_LOG_MS = 5 * 60_000

/**
 * The paths that the new commits of a push change, one after the other and often more than once; of a merge those
 * that differ from all its parents, so that taking over what others pushed changes nothing. Commits that a ref leads
 * to already are left out.
 */
export async function* changedByPush(
  directory: string,
  after: readonly CommitId[],
  quarantine: string | undefined,
): AsyncGenerator<string> {
  const log = [
    'log',
    '--stdin',
    '--format=',
    '--name-only',
    '--no-renames',
    '-c',
    '-z',
    '--root',
    '--not',
    '--all',
  ]
  const output = streamGit(log, {
    directory,
    environment: quarantineEnvironment(directory, quarantine),
    input: after.map(id => `${id}\n`),
    maxMs: MAX_LOG_MS,
  })
  for await (const part of partsOf(output, '\0')) {
    // A commit without a title line is parted from the next by a line end.
    const path = part.replace(/^\n+/, '')
    if (path !== '') yield path
  }
}
