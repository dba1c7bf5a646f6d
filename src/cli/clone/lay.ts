import { constants } from 'node:fs'
import { chmod, copyFile, lstat, realpath, rename, utimes } from 'node:fs/promises'
import { devNull } from 'node:os'
import { dirname, join } from 'node:path'
import { BallastError, diskFull, inParallel, isInside, randomText } from '../../core/index.ts'
import { MAX_POINTER_BYTES, type PointerFile } from '../../git/index.ts'
import type { LfsFolder } from './fetch.ts'
import { git } from './git.ts'

const AT_ONCE = 4
/** What is as new as the index itself git hashes again, and with its filter away it would find a change. */
const OLDER_MS = 5000
/**
 * Says of a file that its pointer in the index is right, instead of hashing it once more: whoever laid it has verified
 * it. git replaces %f by the path, quoted.
 */
const CLEAN = 'git cat-file blob :%f'

/**
 * Puts the files in the place of their pointers in a working tree that was just checked out, each by a rename, and has
 * the index know them. A path where something else is by now is left alone. Gives how many were laid.
 */
export async function layFiles(
  root: string,
  folder: LfsFolder,
  files: readonly PointerFile[],
): Promise<number> {
  const top = await realpath(root)
  const laid: string[] = []
  await inParallel(files, AT_ONCE, async file => {
    if (await layFile(top, folder, file)) laid.push(file.path)
  })
  if (laid.length > 0) await refresh(root, laid)
  return laid.length
}

/**
 * Has the index take these paths as they lie there. Where this clone has git-lfs's filter of its own, that does it, at
 * the price of another look at each byte: git offers no way to leave a filter process out.
 */
async function refresh(root: string, paths: readonly string[]): Promise<void> {
  const own = await git(['config', '--local', '--get', 'filter.lfs.process'], { folder: root })
  const { exitCode } = await git(['update-index', '-q', '-z', '--stdin'], {
    folder: root,
    input: paths.map(path => `${path}\0`).join(''),
    ...(own.exitCode !== 0 && {
      environment: { GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: devNull },
      config: [
        ['filter.lfs.clean', CLEAN],
        ['filter.lfs.required', 'true'],
      ] as const,
    }),
  })
  if (exitCode === 0) return
  throw new BallastError('CLONE_FAILED', {
    message: `git could not take ${paths.length} files into the index of ${root} (status ${exitCode})`,
    hint: 'They are there, and right; `git status` shows them as changed until `git add` has seen them.',
  })
}

async function layFile(top: string, folder: LfsFolder, file: PointerFile): Promise<boolean> {
  const path = join(top, file.path)
  const found = await lstat(path).catch(() => undefined)
  // No link is written through, and nothing that somebody made is lost.
  if (!found?.isFile() || found.size > MAX_POINTER_BYTES) return false
  if (!isInside(top, await realpath(dirname(path)))) return false
  const temporary = folder.temporary(`${randomText(12)}.lay`)
  try {
    await copyFile(
      folder.pathOf(file.digest),
      temporary,
      constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE,
    )
    // As git makes files: the user's mask decides what of it stays.
    await chmod(temporary, (file.executable ? 0o777 : 0o666) & ~process.umask())
    const before = new Date(Date.now() - OLDER_MS)
    await utimes(temporary, before, before)
    await rename(temporary, path)
  } catch (error) {
    throw diskFull(error, path) ?? error
  }
  return true
}
