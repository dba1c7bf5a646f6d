import { readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Milliseconds, systemCode } from '../../core/index.ts'
import { PART } from './write.ts'

/** Removes unfinished uploads that nobody wrote to for `age`. Other files are not ours, and stay. */
export async function sweep(tmp: string, age: Milliseconds): Promise<number> {
  const before = Date.now() - age
  let removed = 0
  for (const name of await readdir(tmp)) {
    if (name.endsWith(PART) && (await removeIfOlder(join(tmp, name), before))) removed++
  }
  return removed
}

/** An upload that ends meanwhile takes its file away itself. */
async function removeIfOlder(path: string, before: number): Promise<boolean> {
  try {
    if ((await stat(path)).mtimeMs > before) return false
    await unlink(path)
    return true
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false
    throw cause
  }
}
