import { link, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BallastError, diskFull, isThere, randomText, syncFolder, systemCode } from '../../core/index.ts'

/**
 * Has `write` make a file, and gives it its name when it is whole: at a crash there is the old file or none, and the
 * draft beside it. Throws FILE_EXISTS where there is one already, unless `force`, and DISK_FULL.
 */
export async function writeOutput<T>(
  path: string,
  force: boolean | undefined,
  write: (draft: string) => Promise<T>,
): Promise<T> {
  if (!force && (await isThere(path))) throw fileExists(path)
  const draft = join(dirname(path), `.${randomText(12)}.part`)
  const interrupted = () => {
    void unlink(draft).finally(() => process.exit(130))
  }
  process.once('SIGINT', interrupted)
  try {
    await (await open(draft, 'wx')).close()
    const result = await write(draft)
    await name(draft, path, force)
    return result
  } catch (cause) {
    await unlink(draft).catch(() => undefined)
    throw diskFull(cause, path) ?? cause
  } finally {
    process.off('SIGINT', interrupted)
  }
}

async function name(draft: string, path: string, force: boolean | undefined): Promise<void> {
  const handle = await open(draft, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
  if (force) await rename(draft, path)
  else await renameToNew(draft, path)
  await syncFolder(dirname(path))
}

/** Unlike a rename, a link does not replace what came meanwhile. */
async function renameToNew(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path)
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') throw fileExists(path)
    // A file system without links.
    await rename(draft, path)
    return
  }
  await unlink(draft)
}

function fileExists(path: string): BallastError {
  return new BallastError('FILE_EXISTS', {
    message: `There is a file ${path} already`,
    hint: 'Name another one with -o, or give --force to replace it.',
  })
}
