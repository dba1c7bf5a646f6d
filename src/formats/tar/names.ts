import { posix } from 'node:path'
import type { TarEntry, TarHazard, TarHazardKind } from './types.ts'

const MAX_HAZARDS = 10_000

const PATTERNS: readonly (readonly [TarHazardKind, RegExp, string])[] = [
  ['nul-in-name', /\0/, 'holds a NUL'],
  ['control-in-name', /[\x01-\x1f\x7f\u202a-\u202e\u2066-\u2069]/, 'holds characters that are not shown'],
  ['backslash', /\\/, 'holds a backslash'],
  ['absolute-name', /^(?:\/|[A-Za-z]:)/, 'is absolute'],
  ['climbing-name', /(?:^|[/\\])\.\.(?:[/\\]|$)/, 'climbs out of its folder'],
  ['empty-name', /^$/, 'is empty'],
]

/** Collects hazards, up to a limit. */
export class TarHazards {
  readonly found: TarHazard[] = []

  add(kind: TarHazardKind, offset: number, detail: string, entry?: string): void {
    if (this.found.length < MAX_HAZARDS)
      this.found.push({ kind, offset, detail, ...(entry !== undefined && { entry: entry.slice(0, 4096) }) })
  }
}

/** What is unusual about an entry's name, kind and target. */
export function checkTarEntry({ name, kind, target, offset }: TarEntry, hazards: TarHazards): void {
  const label = JSON.stringify(name.slice(0, 200))
  for (const [hazard, pattern, why] of PATTERNS)
    if (pattern.test(name)) hazards.add(hazard, offset, `the name ${label} ${why}`, name)
  if (kind === 'device' || kind === 'pipe') hazards.add('special-file', offset, `${label} is a ${kind}`, name)
  if (kind === 'other') hazards.add('unknown-type', offset, `${label} is of a kind that is not known`, name)
  if (target === undefined) return
  const shown = JSON.stringify(target.slice(0, 200))
  // A hard link names another entry, a symbolic one a path from its own folder.
  const way = posix.normalize(kind === 'symlink' ? posix.join(posix.dirname(name), target) : target)
  const out =
    /^(?:\/|[A-Za-z]:)/.test(target) || way === '..' || way.startsWith('../') || target.includes('\\')
  hazards.add(out ? 'link-out' : 'link', offset, `${label} is a ${kind} to ${shown}`, name)
}

/** Names that one unpacking writes twice. */
export function checkTarDuplicates(entries: readonly TarEntry[], hazards: TarHazards): void {
  const seen = new Map<string, string>()
  for (const { name, kind, offset } of entries) {
    if (kind === 'folder') continue
    const plain = posix.normalize(name)
    const key = plain.normalize('NFKC').toLowerCase()
    const other = seen.get(key)
    if (other === plain)
      hazards.add(
        'duplicate-name',
        offset,
        `a second entry has the name ${JSON.stringify(name.slice(0, 200))}`,
        name,
      )
    else if (other !== undefined)
      hazards.add(
        'case-only',
        offset,
        `${JSON.stringify(name.slice(0, 200))} differs from another only in its case`,
        name,
      )
    else seen.set(key, plain)
  }
}
