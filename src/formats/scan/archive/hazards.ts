import type { ZipHazard, ZipHazardKind } from '../../zip/survey/types.ts'
import type { Rule } from '../rules.ts'
import type { Level } from '../types.ts'

/**
 * What each oddity of a zip archive means. Unsafe: loaders are led to other content than scanners, or unpacking does
 * harm; no program writes such archives by accident. Unknown: damage and carelessness have the same look.
 */
const MEANING: Readonly<Record<ZipHazardKind, readonly [rule: Rule, level: Level] | undefined>> = {
  'no-directory': ['archive/malformed', 'unknown'],
  'several-ends': ['archive/hidden-entry', 'unknown'],
  'several-disks': ['archive/malformed', 'unknown'],
  'count-differs': ['archive/disagreement', 'unknown'],
  'directory-broken': ['archive/malformed', 'unknown'],
  'two-directories': ['archive/disagreement', 'unsafe'],
  'data-before': ['archive/hidden-entry', 'unknown'],
  'data-between': ['archive/hidden-entry', 'unknown'],
  'data-after': ['archive/hidden-entry', 'unknown'],
  'too-many': ['content/limit', 'unknown'],
  'no-local-header': ['archive/disagreement', 'unknown'],
  'only-local': ['archive/hidden-entry', 'unknown'],
  'name-differs': ['archive/disagreement', 'unsafe'],
  'method-differs': ['archive/disagreement', 'unsafe'],
  'size-differs': ['archive/disagreement', 'unsafe'],
  'crc-differs': ['archive/checksum', 'unknown'],
  'flags-differ': ['archive/disagreement', 'unsafe'],
  'descriptor-differs': ['archive/disagreement', 'unknown'],
  overlap: ['archive/bomb', 'unsafe'],
  encrypted: ['archive/encrypted', 'unknown'],
  'unread-method': ['archive/method', 'unknown'],
  'two-sizes': ['archive/disagreement', 'unsafe'],
  expansion: ['archive/bomb', 'unsafe'],
  symlink: ['archive/link', 'unsafe'],
  'special-file': ['archive/link', 'unsafe'],
  // What is nested is scanned itself.
  'nested-archive': undefined,
  'duplicate-name': ['archive/duplicate', 'unknown'],
  'case-only': ['archive/duplicate', 'unknown'],
  'not-utf8': ['archive/malformed', 'note'],
  'unicode-path': ['archive/disagreement', 'unsafe'],
  'nul-in-name': ['archive/path', 'unsafe'],
  'control-in-name': ['archive/path', 'unknown'],
  backslash: ['archive/path', 'unknown'],
  'absolute-name': ['archive/path', 'unsafe'],
  'climbing-name': ['archive/path', 'unsafe'],
  'empty-name': ['archive/malformed', 'unknown'],
  'long-name': ['archive/malformed', 'unknown'],
}

export function meaningOf(hazard: ZipHazard): { readonly rule: Rule; readonly level: Level } | undefined {
  const meaning = MEANING[hazard.kind]
  if (!meaning) return undefined
  // A backslash that climbs is a way out on Windows.
  if (hazard.kind === 'backslash' && /(?:^|\\)\.\.(?:\\|$)/.test(hazard.entry ?? ''))
    return { rule: 'archive/path', level: 'unsafe' }
  return { rule: meaning[0], level: meaning[1] }
}
