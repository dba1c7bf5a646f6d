import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Digest } from '../../core/index.ts'

/** Read at once: most files are smaller, and take one read. */
const AT_ONCE_BYTES = 1 << 20

/** SHA-256 and size of a regular file as it is; refuses a link in its place (ELOOP), waits for no pipe. */
export async function hashFile(path: string): Promise<{ digest: Digest; size: number }> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafe(Math.min(AT_ONCE_BYTES, (await handle.stat()).size + 1))
    let size = 0
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, size)
      if (bytesRead === 0) break
      hash.update(buffer.subarray(0, bytesRead))
      size += bytesRead
    }
    return { digest: `sha256:${hash.digest('hex')}` as Digest, size }
  } finally {
    await handle.close()
  }
}
