import { open, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CoreError, systemCode } from './errors.ts'
import { randomText } from './ids.ts'

/**
 * Replaces a file so that a reader, or a crash at any moment, sees the old or the new content, never a part:
 * write beside it, sync, rename, sync the folder. Throws DISK_FULL, leaving the old file.
 */
export async function replaceFile(path: string, content: Uint8Array | string, mode = 0o600): Promise<void> {
  const temporary = join(dirname(path), `.${randomText(12)}.tmp`)
  try {
    const handle = await open(temporary, 'wx', mode)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    await unlink(temporary).catch(() => undefined)
    throw diskFull(cause, path) ?? cause
  }
}

/** Whether there is a file or folder; other errors than that there is none are thrown. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false
    throw cause
  }
}

/** Makes a rename or a creation in `folder` survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** ENOSPC and EDQUOT as DISK_FULL; undefined for anything else. */
export function diskFull(cause: unknown, path: string): CoreError | undefined {
  const code = systemCode(cause)
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined
  return new CoreError('DISK_FULL', {
    message: `No space left while writing ${path}`,
    hint: 'Free some space on that disk and try again; nothing was half-written.',
    cause,
  })
}
