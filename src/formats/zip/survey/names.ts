import { crc32 } from 'node:zlib'
import { MAX_NAME_LENGTH } from '../names.ts'
import { extraOf, isUtf8, nameOf, viewOf } from './fields.ts'
import { type Hazards, shown } from './hazards.ts'
import type { SurveyedEntry, ZipHazardKind, ZipHeader } from './types.ts'

/** Info-ZIP's extra field that replaces the name. */
const UNICODE_PATH = 0x7075

const PATTERNS: readonly (readonly [ZipHazardKind, RegExp, string])[] = [
  ['nul-in-name', /\0/, 'holds a NUL, where some loaders end it'],
  ['control-in-name', /[\x01-\x1f\x7f\u202a-\u202e\u2066-\u2069]/, 'holds characters that are not shown'],
  ['backslash', /\\/, 'holds a backslash, which some loaders take for a slash'],
  ['absolute-name', /^(?:\/|\\|[A-Za-z]:)/, 'is absolute'],
  ['climbing-name', /(?:^|[/\\])\.\.(?:[/\\]|$)/, 'climbs out of its folder'],
  ['empty-name', /^$/, 'is empty'],
]

/** What is unusual about one header's name. */
export function checkHeaderName(header: ZipHeader, hazards: Hazards): void {
  const { name, nameBytes, offset } = header
  for (const [kind, pattern, why] of PATTERNS)
    if (pattern.test(name)) hazards.add(kind, offset, `the name ${shown(name)} ${why}`, name)
  if (name.length > MAX_NAME_LENGTH)
    hazards.add('long-name', offset, `the name ${shown(name)} has ${name.length} characters`, name)
  if (!isUtf8(nameBytes)) hazards.add('not-utf8', offset, `the name ${shown(name)} is not UTF-8`, name)
  const field = extraOf(header.extra, UNICODE_PATH)
  if (!field || field.byteLength < 5 || viewOf(field).getUint32(1, true) !== crc32(nameBytes)) return
  const other = nameOf(field.subarray(5))
  if (other !== name)
    hazards.add(
      'unicode-path',
      offset,
      `the name ${shown(name)} has ${shown(other)} beside it, which some take`,
      name,
    )
}

/** Names that loaders may take for one another. */
export function checkDuplicates(entries: readonly SurveyedEntry[], hazards: Hazards): void {
  const seen = new Set<string>()
  const folded = new Map<string, string>()
  for (const { name, offset, directory } of entries) {
    if (directory) continue
    if (seen.has(name))
      hazards.add('duplicate-name', offset, `a second entry has the name ${shown(name)}`, name)
    seen.add(name)
    const key = name.normalize('NFKC').toLowerCase()
    const other = folded.get(key)
    if (other !== undefined && other !== name)
      hazards.add('case-only', offset, `${shown(name)} and ${shown(other)} are one file on some disks`, name)
    else folded.set(key, name)
  }
}
