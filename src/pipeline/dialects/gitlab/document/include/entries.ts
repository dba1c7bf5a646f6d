import { type Entry, type Located, quote } from '../../../../yaml/located.ts'
import type { DocumentFindings } from '../findings.ts'
import { MAX_INCLUDES } from '../limits.ts'
import { isNothing, mismatch, readMap, textOf, textsOf } from '../read.ts'
import { readIncludeRules } from './rules.ts'
import { parseComponent, targetOfText } from './targets.ts'
import type { IncludeEntry, IncludeTarget } from './types.ts'

const KINDS = ['local', 'project', 'remote', 'component', 'template'] as const
type Kind = (typeof KINDS)[number]
const KEYS = [...KINDS, 'artifact', 'job', 'file', 'ref', 'integrity', 'cache', 'inputs', 'rules']

/** Reads `include:`: a text, a map, or a list of both. Entries that are wrong are findings, and left out. */
export function readIncludes(
  node: Located,
  expand: (text: string) => string,
  findings: DocumentFindings,
): readonly IncludeEntry[] {
  if (isNothing(node)) return []
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length > MAX_INCLUDES) {
    findings.error(node.at, 'TOO_MANY_INCLUDES', `More than ${MAX_INCLUDES} files are included`)
    return []
  }
  return items.map(item => readEntry(item, expand, findings)).filter(entry => entry !== undefined)
}

function readEntry(
  node: Located,
  expand: (text: string) => string,
  findings: DocumentFindings,
): IncludeEntry | undefined {
  const text = textOf(node)
  if (text !== undefined) return { at: node.at, targets: [targetOfText(expand(text))], inputs: new Map() }
  if (node.kind !== 'map') {
    return mismatch(
      node,
      'include',
      'a path, or a map with local, project, remote …',
      'INCLUDE_INVALID',
      findings,
    )
  }
  const before = findings.errors
  const entries = readMap(node, 'include', KEYS, findings)!
  const targets = readTargets(node, entries, expand, findings)
  const inputs = entries.get('inputs')?.value
  const rules = entries.get('rules')?.value
  const read = rules && readIncludeRules(rules, findings)
  if (inputs && inputs.kind !== 'map' && !isNothing(inputs)) {
    mismatch(inputs, 'include: inputs', 'a map of values by name', 'INCLUDE_INVALID', findings)
  }
  if (!targets || findings.errors > before) return undefined
  const given = inputs?.kind === 'map' ? inputs.entries.map(({ key, value }) => [key, value] as const) : []
  return { at: node.at, targets, inputs: new Map(given), ...(read && { rules: read }) }
}

function readTargets(
  node: Located,
  entries: ReadonlyMap<string, Entry>,
  expand: (text: string) => string,
  findings: DocumentFindings,
): readonly IncludeTarget[] | undefined {
  const artifact = entries.get('artifact')
  if (artifact) {
    return findings.error(
      artifact.keyAt,
      'NOT_AVAILABLE',
      'A file of a job is known only once the job has run',
      {
        hint: 'start a child pipeline with it: trigger: include: artifact:',
      },
    )
  }
  const kinds = KINDS.filter(kind => entries.has(kind))
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) {
    const message = kind === undefined ? 'include names no file' : `include has both ${kinds.join(' and ')}`
    return findings.error(node.at, 'INCLUDE_INVALID', message, { expected: `one of ${KINDS.join(', ')}` })
  }
  const text = (key: string) => {
    const value = entries.get(key)?.value
    if (!value) return undefined
    const found = textOf(value)
    if (found === undefined) return mismatch(value, `include: ${key}`, 'a text', 'INCLUDE_INVALID', findings)
    return expand(found)
  }
  strayKeys(kind, entries, findings)
  const value = text(kind)
  if (value === undefined) return undefined
  switch (kind) {
    case 'local':
      return [{ kind, path: value }]
    case 'template':
      return [{ kind, name: value }]
    case 'remote': {
      const integrity = text('integrity')
      return [{ kind, url: value, ...(integrity !== undefined && { integrity }) }]
    }
    case 'component':
      return parseComponent(value, entries.get(kind)!.value.at, findings)
    case 'project':
      return projectFiles(value, text('ref'), node, entries, expand, findings)
  }
}

const BELONGS: Readonly<Record<string, Kind>> = {
  file: 'project',
  ref: 'project',
  integrity: 'remote',
  cache: 'remote',
}

function strayKeys(kind: Kind, entries: ReadonlyMap<string, Entry>, findings: DocumentFindings): void {
  for (const { key, keyAt } of entries.values()) {
    const owner = Object.hasOwn(BELONGS, key) ? BELONGS[key] : undefined
    if (owner === undefined || owner === kind) continue
    findings.error(keyAt, 'INCLUDE_INVALID', `${quote(key)} goes with ${owner}, not with ${kind}`)
  }
}

function projectFiles(
  project: string,
  ref: string | undefined,
  node: Located,
  entries: ReadonlyMap<string, Entry>,
  expand: (text: string) => string,
  findings: DocumentFindings,
): readonly IncludeTarget[] | undefined {
  const file = entries.get('file')?.value
  if (!file) {
    return findings.error(node.at, 'INCLUDE_INVALID', 'include: project names no file', {
      hint: "add file: '/path/of/the/file.yml'",
    })
  }
  const files = textsOf(file, 'include: file', 'INCLUDE_INVALID', findings)
  return files?.map(path => ({
    kind: 'project',
    project,
    file: expand(path),
    ...(ref !== undefined && { ref }),
  }))
}
