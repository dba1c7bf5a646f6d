import type { Entry, Located } from '../../../yaml/located.ts'
import { quote, showFound } from '../../../yaml/located.ts'
import type { DocumentDiagnosticCode, DocumentFindings } from './findings.ts'

/** Entries of a map by key, with a finding for each key that is not known. Undefined where it is no map. */
export function readMap(
  node: Located,
  what: string,
  known: readonly string[],
  findings: DocumentFindings,
): ReadonlyMap<string, Entry> | undefined {
  if (node.kind !== 'map') return mismatch(node, what, `a map (${known.join(', ')})`, 'BAD_VALUE', findings)
  const entries = new Map(node.entries.map(entry => [entry.key, entry]))
  for (const { key, keyAt } of node.entries) {
    if (known.includes(key)) continue
    findings.error(keyAt, 'UNKNOWN_KEY', `Unknown key ${quote(key)} in ${what}`, findings.nearest(key, known))
  }
  return entries
}

export function mismatch(
  node: Located,
  what: string,
  expected: string,
  code: DocumentDiagnosticCode,
  findings: DocumentFindings,
): undefined {
  return findings.error(node.at, code, `Bad value of ${what}`, { expected, found: showFound(node) })
}

export function isNothing(node: Located): boolean {
  return node.kind === 'scalar' && node.value === null
}

/** Text, or a number as it was written. Undefined for anything else. */
export function textOf(node: Located): string | undefined {
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean') return undefined
  return node.text
}

/** One text or a list of texts. Undefined, with a finding, for anything else. */
export function textsOf(
  node: Located,
  what: string,
  code: DocumentDiagnosticCode,
  findings: DocumentFindings,
): readonly string[] | undefined {
  const texts = (node.kind === 'list' ? node.items : [node]).map(textOf)
  if (texts.every(text => text !== undefined)) return texts
  return mismatch(node, what, 'a text or a list of texts', code, findings)
}
