import { type FileHandle, open, rename, stat } from 'node:fs/promises'

/** A role's log grows by some MB a day; older text is of little use. */
const MAX_LOG_BYTES = 10 << 20
const KEPT = 3
const MAX_TAIL_BYTES = 16 << 10

/** Opens a log for appending; one over its size first becomes `.1`, `.1` becomes `.2` … */
export async function openLog(path: string): Promise<FileHandle> {
  const size = await stat(path).then(
    stat => stat.size,
    () => 0,
  )
  if (size > MAX_LOG_BYTES) {
    for (let age = KEPT - 1; age >= 1; age--)
      await rename(`${path}.${age}`, `${path}.${age + 1}`).catch(() => undefined)
    await rename(path, `${path}.1`)
  }
  return open(path, 'a', 0o600)
}

/** The last lines that a process wrote since its log had `from` bytes. */
export async function lastLines(path: string, from: number, count = 8): Promise<readonly string[]> {
  const handle = await open(path, 'r').catch(() => undefined)
  if (handle === undefined) return []
  try {
    const { size } = await handle.stat()
    const start = Math.max(Math.min(from, size), size - MAX_TAIL_BYTES)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start)
    return buffer
      .toString('utf8', 0, bytesRead)
      .split('\n')
      .map(line => line.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, ''))
      .filter(line => line.trim() !== '')
      .slice(-count)
  } finally {
    await handle.close()
  }
}
