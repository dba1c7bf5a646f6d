import type { Entry, Located } from '../../../../yaml/located.ts'
import type { Rule } from '../../types.ts'
import type { DocumentFindings } from '../findings.ts'
import { mismatch, readMap, textOf, textsOf } from '../read.ts'

const MAX_RULES = 200
/** GitLab's limit. */
const MAX_PATHS = 50

/** `rules:` of an include: `if`, `changes` and `exists`, which take the file in or (`when: never`) leave it out. */
export function readIncludeRules(node: Located, findings: DocumentFindings): readonly Rule[] | undefined {
  if (node.kind !== 'list' || node.items.length > MAX_RULES) {
    const expected = `a list of at most ${MAX_RULES} rules`
    return mismatch(node, 'include: rules', expected, 'INCLUDE_INVALID', findings)
  }
  const rules = node.items.map(item => readRule(item, findings))
  return rules.every(rule => rule !== undefined) ? rules : undefined
}

function readRule(node: Located, findings: DocumentFindings): Rule | undefined {
  const before = findings.errors
  const entries = readMap(node, 'include: rules', ['if', 'changes', 'exists', 'when'], findings)
  if (!entries) return undefined
  const condition = entries.get('if')?.value
  const text = condition && textOf(condition)
  if (condition && text === undefined) {
    mismatch(condition, 'include: rules: if', 'an expression', 'INCLUDE_INVALID', findings)
  }
  const changes = readPaths(entries.get('changes'), ['paths', 'compare_to'], findings)
  const exists = readPaths(entries.get('exists'), ['paths', 'project', 'ref'], findings)
  const when = readWhen(entries.get('when')?.value, findings)
  if (findings.errors > before) return undefined
  const { compare_to: compareTo } = changes?.more ?? {}
  return {
    at: node.at,
    ...(condition && text !== undefined && { if: { text, at: condition.at } }),
    ...(changes && { changes: { paths: changes.paths, ...(compareTo !== undefined && { compareTo }) } }),
    ...(exists && { exists: { paths: exists.paths, ...exists.more } }),
    ...(when && { when }),
  }
}

function readWhen(node: Located | undefined, findings: DocumentFindings): 'always' | 'never' | undefined {
  if (!node) return undefined
  const text = textOf(node)
  if (text === 'always' || text === 'never') return text
  return mismatch(node, 'include: rules: when', 'always or never', 'INCLUDE_INVALID', findings)
}

interface Paths {
  readonly paths: readonly string[]
  readonly more: { readonly [key in 'compare_to' | 'project' | 'ref']?: string }
}

/** A list of paths, or a map with them and more. */
function readPaths(
  entry: Entry | undefined,
  keys: readonly string[],
  findings: DocumentFindings,
): Paths | undefined {
  if (!entry) return undefined
  const { value: node } = entry
  const what = `include: rules: ${entry.key}`
  const entries = node.kind === 'map' ? readMap(node, what, keys, findings) : undefined
  const list = entries ? entries.get('paths')?.value : node
  const paths = list ? textsOf(list, what, 'INCLUDE_INVALID', findings) : undefined
  if (!list) return mismatch(node, what, 'paths', 'INCLUDE_INVALID', findings)
  if (!paths) return undefined
  if (paths.length > MAX_PATHS) {
    return mismatch(list, what, `at most ${MAX_PATHS} paths`, 'INCLUDE_INVALID', findings)
  }
  const more: Record<string, string> = Object.create(null)
  for (const key of keys.slice(1)) {
    const value = entries?.get(key)?.value
    const text = value && textOf(value)
    if (text !== undefined) more[key] = text
    else if (value) mismatch(value, `${what}: ${key}`, 'a text', 'INCLUDE_INVALID', findings)
  }
  return { paths, more: { ...more } }
}
