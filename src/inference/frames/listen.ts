import { once } from 'node:events'
import { chmod, rename, stat, unlink } from 'node:fs/promises'
import type { Server } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_MS = 5

/**
 * Listens at `path` in place of whoever listened there: from one moment to the next, so that no caller finds nobody.
 * The socket is made beside it, as `<path>.<who>`, and renamed: a server unlinks the name that it was made with when it
 * closes, and so never that of its successor. `who` is one letter (a path has 107 bytes at most).
 */
export async function listenAt(server: Server, path: string, who: 'r' | 'h'): Promise<Place> {
  const made = `${path}.${who}`
  // One that was killed leaves its name behind.
  await unlink(made).catch(() => undefined)
  server.listen(made)
  await once(server, 'listening')
  await chmod(made, 0o600)
  const { ino } = await stat(made)
  await rename(made, path)
  return {
    async taken(limitMs) {
      const until = performance.now() + limitMs
      while ((await inodeOf(path)) === ino && performance.now() < until) await pause(LOOK_MS)
    },
  }
}

/** Where a server listens. */
export interface Place {
  /** When another one listens there in its stead, and it may close without a gap; after `limitMs` at the latest. */
  taken(limitMs: number): Promise<void>
}

async function inodeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.ino
}
