import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Enough for any repository; a home folder by mistake must not take minutes. */
const MAX_FILES = 100_000
/** Made by tools, and never part of a commit. */
const SKIPPED: ReadonlySet<string> = new Set([
  '.git',
  '.ballast',
  'node_modules',
  '.venv',
  'venv',
  '__pycache__',
])

/** Files of a folder that git does not know: all but what tools made. */
export async function filesBelow(root: string): Promise<readonly string[]> {
  const files: string[] = []
  const open = ['']
  for (let next = open.pop(); next !== undefined && files.length < MAX_FILES; next = open.pop()) {
    for (const entry of await readdir(join(root, next), { withFileTypes: true })) {
      const path = next === '' ? entry.name : `${next}/${entry.name}`
      if (SKIPPED.has(entry.name)) continue
      if (entry.isDirectory()) open.push(path)
      else if (entry.isFile() || entry.isSymbolicLink()) files.push(path)
    }
  }
  return files.slice(0, MAX_FILES).sort()
}
