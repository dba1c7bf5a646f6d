import { failing } from '../errors.ts'

/** Longest path that common file systems take. */
export const MAX_NAME_LENGTH = 4096

const refused = failing('ZIP_NAME', 'Make the archive again with plain relative names.')

/**
 * Throws ZIP_NAME for a name that is absolute, climbs out, has a backslash, a drive or a NUL, or occurs already
 * (a reader by name could otherwise be shown another entry than a scanner was). Adds it to `seen`.
 */
export function checkName(name: string, seen: Set<string>): void {
  const why = fault(name)
  if (why) throw refused(`The archive has an entry named '${name.slice(0, 100)}', which ${why}`)
  if (seen.has(name)) throw refused(`The archive has two entries named '${name}'`)
  seen.add(name)
}

function fault(name: string): string | undefined {
  if (name.length === 0) return 'is empty'
  if (name.length > MAX_NAME_LENGTH) return `is longer than ${MAX_NAME_LENGTH} characters`
  if (name.includes('\0')) return 'holds a NUL'
  if (name.includes('\\')) return 'holds a backslash'
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'is absolute'
  if (name.split('/').includes('..')) return 'climbs out of its folder'
  return undefined
}
