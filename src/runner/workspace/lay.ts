import { constants } from 'node:fs'
import { chown, copyFile, lchown, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { diskFull, inParallel } from '../../core/index.ts'
import type { Source } from './sources/sources.ts'

/** Copies under way at once: node has four threads for files. */
const AT_ONCE = 8

/**
 * Copies a source into an empty workspace: as reflinks where the file system has them, else byte by byte. The
 * workspace never shares writable bytes with the cache. `owner` gets everything, when it is another's.
 */
export async function laySource(
  { tree, listing }: Source,
  workspace: string,
  owner: number | undefined,
): Promise<void> {
  for (const path of listing.folders) {
    await mkdir(join(workspace, path))
    if (owner !== undefined) await chown(join(workspace, path), owner, owner)
  }
  await inParallel(listing.files, AT_ONCE, async path => {
    const to = join(workspace, path)
    await copyFile(join(tree, path), to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL).catch(
      cause => {
        throw diskFull(cause, to) ?? cause
      },
    )
    if (owner !== undefined) await chown(to, owner, owner)
  })
  for (const [path, target] of listing.links) {
    await symlink(target, join(workspace, path))
    if (owner !== undefined) await lchown(join(workspace, path), owner, owner)
  }
}
