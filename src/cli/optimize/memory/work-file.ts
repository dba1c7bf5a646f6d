import { randomUUID } from 'node:crypto'
import { open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bytes, CoreError } from '../../../core/index.ts'
import type { WorkFile } from '../../../optimize/index.ts'

/** A file without a name: gone with its handle, or with the process. */
export async function openWorkFile(folder: string): Promise<WorkFile> {
  const path = join(folder, `.ballast-${randomUUID()}.work`)
  const handle = await open(path, 'wx+', 0o600)
  await unlink(path)
  return {
    async write(offset: Bytes, bytes: Uint8Array) {
      for (let done = 0; done < bytes.byteLength; )
        done += (await handle.write(bytes, done, bytes.byteLength - done, offset + done)).bytesWritten
    },
    async read(offset: Bytes, target: Uint8Array) {
      for (let done = 0; done < target.byteLength; ) {
        const { bytesRead } = await handle.read(target, done, target.byteLength - done, offset + done)
        if (bytesRead === 0)
          throw new CoreError('FILE_UNREADABLE', {
            message: `A work file in ${folder} ends at byte ${offset + done}; ${target.byteLength - done} more were written`,
            hint: 'Look at the disk: what was written to it is not there.',
          })
        done += bytesRead
      }
    },
    close: () => handle.close(),
  }
}
