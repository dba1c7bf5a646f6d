import { once } from 'node:events'
import { chmod, rename, unlink } from 'node:fs/promises'
import type { Server } from 'node:net'

/**
 * Listens at `path` in place of whoever listened there: from one moment to the next, so that no caller finds nobody.
 * The socket is made beside it, as `<path>.<who>`, and renamed: a server unlinks the name that it was made with when it
 * closes, and so never that of its successor. `who` is one letter (a path has 107 bytes at most).
 */
export async function listenAt(server: Server, path: string, who: 'r' | 'h'): Promise<void> {
  const made = `${path}.${who}`
  // One that was killed leaves its name behind.
  await unlink(made).catch(() => undefined)
  server.listen(made)
  await once(server, 'listening')
  await chmod(made, 0o600)
  await rename(made, path)
}
