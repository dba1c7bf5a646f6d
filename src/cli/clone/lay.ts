import { constants } from 'node:fs'
import { chmod, copyFile, lstat, realpath, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { diskFull, inParallel, isInside, randomText } from '../../core/index.ts'
import { MAX_POINTER_BYTES, type PointerFile } from '../../git/index.ts'
import type { LfsFolder } from './fetch.ts'
import { git } from './git.ts'

const AT_ONCE = 4
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
  if (laid.length > 0) {
    await git(['update-index', '-q', '--really-refresh'], {
      folder: root,
      config: [
        ['filter.lfs.clean', CLEAN],
        ['filter.lfs.process', ''],
        ['filter.lfs.required', 'true'],
      ],
    })
  }
  return laid.length
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
    await rename(temporary, path)
  } catch (error) {
    throw diskFull(error, path) ?? error
  }
  return true
}
