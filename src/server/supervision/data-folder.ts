import { chmod, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CoreError, diskFull, messageOf, replaceFile } from '../../core/index.ts'
import { ServerError } from '../errors.ts'
import type { Places } from './places.ts'

/** A database that can't write its journal fails later and worse. */
const PROBE_BYTES = 1 << 20

/** Makes the data folder and its inner ones, private, and proves by writing that there is room. */
export async function prepareDataFolder(places: Places): Promise<void> {
  const probe = join(places.run, '.probe')
  try {
    for (const folder of [places.data, places.run, places.logs, places.secrets]) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await chmod(folder, 0o700)
    }
    await replaceFile(probe, new Uint8Array(PROBE_BYTES))
  } catch (cause) {
    if (cause instanceof CoreError) throw cause
    throw (
      diskFull(cause, places.data) ??
      new ServerError('DATA_FOLDER_UNUSABLE', {
        message: `The data folder ${places.data} can't be used: ${messageOf(cause)}`,
        hint: 'Choose a folder that you may write to: --data or BALLAST_DATA.',
        cause,
      })
    )
  } finally {
    await rm(probe, { force: true }).catch(() => undefined)
  }
}
