import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { diskFull, randomText, syncFolder, systemCode } from '../../core/index.ts'
import { GitError } from '../errors.ts'
import { runGit } from '../process/run.ts'
import { checkRefName } from '../read/names.ts'

/**
 * Wins over a commit's own .gitattributes: what is archived for a job is exactly what was committed.
 */
const ATTRIBUTES = '* -export-ignore -export-subst -text -ident -filter -working-tree-encoding\n'

/**
 * Makes a bare repository whose HEAD names `defaultBranch`. It appears whole or not at all: made beside its place,
 * synced, renamed. It holds no hooks (those are named at each start) and no configuration but its format.
 * Throws REPOSITORY_EXISTS when something is at `directory`.
 */
export async function createRepository(directory: string, defaultBranch: string): Promise<void> {
  const parent = dirname(directory)
  const making = join(parent, `.making-${basename(directory)}-${randomText(12)}`)
  checkRefName(`refs/heads/${defaultBranch}`)
  try {
    await mkdir(parent, { recursive: true, mode: 0o700 })
    await mkdir(making, { mode: 0o700 })
    await runGit(
      [
        'init',
        '--quiet',
        '--bare',
        '--template=',
        '--object-format=sha1',
        `--initial-branch=${checkRefName(defaultBranch)}`,
      ],
      { directory: making, maxBytes: 4096 },
    )
    await mkdir(join(making, 'info'), { recursive: true })
    await writeFile(join(making, 'info', 'attributes'), ATTRIBUTES)
    await syncFolder(making)
    // A folder renames onto an empty folder only: an existing repository is never replaced.
    await rename(making, directory)
    await syncFolder(parent)
  } catch (cause) {
    await rm(making, { recursive: true, force: true })
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCode(cause) ?? '')) throw exists(directory, cause)
    throw diskFull(cause, directory) ?? cause
  }
}

/**
 * Removes a repository; nothing happens when there is none. It disappears at once (renamed, then deleted), so that
 * nobody meets half of it.
 */
export async function removeRepository(directory: string): Promise<void> {
  const going = join(dirname(directory), `.removing-${basename(directory)}-${randomText(12)}`)
  try {
    await rename(directory, going)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return
    throw cause
  }
  await rm(going, { recursive: true, force: true })
}

function exists(directory: string, cause: unknown): GitError {
  return new GitError('REPOSITORY_EXISTS', {
    message: `There is something at ${directory} already`,
    hint: 'Choose another name, or remove what is there.',
    cause,
  })
}
