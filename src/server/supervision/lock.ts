import { readFile, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { SupervisionError } from './errors.ts'
import type { Places } from './places.ts'

/**
 * Holds a data folder for one supervisor. The lock is SQLite's, that is the kernel's record lock on a file: taken
 * in one step, and gone with the process however it ends. Children don't inherit it. Throws ALREADY_RUNNING.
 */
export async function holdDataFolder(places: Places): Promise<() => void> {
  const holderFile = `${places.lock}.pid`
  const database = new DatabaseSync(places.lock)
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    const holder = await readFile(holderFile, 'utf8').catch(() => 'unknown')
    throw new SupervisionError('ALREADY_RUNNING', {
      message: `Another \`ballast up\` (process ${holder.trim()}) runs in ${places.data}`,
      hint: 'Use that one, stop it with Ctrl-C, or choose another data folder with --data.',
      cause,
    })
  }
  await writeFile(holderFile, `${process.pid}\n`, { mode: 0o600 })
  return () => {
    if (database.isOpen) database.close()
  }
}
