import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Places } from '../executors/executor.ts'
import { settable } from './quote.ts'

const FOLDER = 'variables'

/**
 * Writes each file variable, readable for the job alone, beside what else it is given; gives the paths that the
 * variables hold, as the job sees them. Names that no shell can hold are passed over.
 */
export async function giveFileVariables(
  places: Places,
  seen: Places,
  files: Readonly<Record<string, string>>,
  owner: number | undefined,
): Promise<Readonly<Record<string, string>>> {
  // A name that a shell can hold is no path to elsewhere.
  const given = Object.entries(files).filter(([name]) => settable(name))
  if (given.length === 0) return {}
  const folder = join(places.given, FOLDER)
  await mkdir(folder, { mode: 0o700 })
  if (owner !== undefined) await chown(folder, owner, owner)
  const paths = new Map<string, string>()
  for (const [name, content] of given) {
    const path = join(folder, name)
    await writeFile(path, content, { mode: 0o600 })
    if (owner !== undefined) await chown(path, owner, owner)
    paths.set(name, join(seen.given, FOLDER, name))
  }
  return Object.fromEntries(paths)
}
