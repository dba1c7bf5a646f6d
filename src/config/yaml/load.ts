import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml'
import { type Location, messageOf } from '../../core/index.ts'
import type { Entry, Located } from '../../pipeline/index.ts'
import { quote } from '../../pipeline/index.ts'
import type { Findings } from '../findings.ts'

/** A ballast.yaml is written by hand: more than this is not one. */
export const MAX_CONFIG_BYTES = 128 * 1024
/** The real depth is 6; the readers and the parser recurse. */
export const MAX_DEPTH = 32
/** Values after aliases are laid out: what stops a bomb of aliases of aliases. */
export const MAX_VALUES = 20_000

/**
 * YAML 1.2 (core schema) as located values. Anchors and aliases are laid out; tags, merge keys, keys that are
 * no text, repeated keys and several documents are findings. Undefined when there is no telling what was meant.
 */
export function loadYaml(text: string, findings: Findings): Located | undefined {
  const start = { file: findings.file, line: 1, column: 1 }
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    return findings.error(start, 'TOO_LARGE', `The file is larger than ${MAX_CONFIG_BYTES / 1024} KiB`)
  }
  const lines = new LineCounter()
  const at = (offset: number): Location => {
    const { line, col } = lines.linePos(offset)
    return { file: findings.file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      version: '1.2',
      schema: 'core',
    })
    const overflow = document.errors.find(({ message }) => STACK_OVERFLOW.test(message))
    if (overflow) return nestedTooDeep(findings, at(overflow.pos[0]))
    for (const { pos, code, message } of document.errors) reportSyntax(findings, at(pos[0]), code, message)
    for (const { pos, message } of document.warnings) {
      findings.error(at(pos[0]), 'YAML_UNSUPPORTED', message.split('\n')[0]!, {
        hint: 'leave tags and directives out: ballast.yaml holds plain values',
      })
    }
    if (document.errors.length + document.warnings.length > 0) return undefined
    if (document.contents === null) return { kind: 'map', entries: [], at: start }
    return new Layout(findings, at).value(document.contents, 0)
  } catch (cause) {
    if (STACK_OVERFLOW.test(messageOf(cause))) return nestedTooDeep(findings, start)
    return findings.error(start, 'YAML_SYNTAX', `The file could not be read as YAML: ${messageOf(cause)}`)
  }
}

function reportSyntax(findings: Findings, at: Location, code: string, message: string): void {
  if (code === 'MULTIPLE_DOCS') {
    const hint = "put everything in one document, without a second '---'"
    findings.error(at, 'YAML_UNSUPPORTED', 'There is more than one YAML document', { hint })
    return
  }
  const tab = code === 'TAB_AS_INDENT' ? { hint: 'indent with spaces, not with tabs' } : {}
  findings.error(at, 'YAML_SYNTAX', message.split('\n')[0]!, tab)
}

/** The parser recurses: thousands of open brackets end its stack before `Layout` sees how deep they are. */
const STACK_OVERFLOW = /stack/i

function nestedTooDeep(findings: Findings, at: Location): undefined {
  return findings.error(at, 'TOO_LARGE', `Values are nested more than ${MAX_DEPTH} deep`)
}

/** Lays the parser's tree out as located values, within the limits. */
class Layout {
  readonly #findings: Findings
  readonly #at: (offset: number) => Location
  readonly #anchors = new Map<string, Node>()
  #values = 0
  #stopped = false
  #inAlias = 0

  constructor(findings: Findings, at: (offset: number) => Location) {
    this.#findings = findings
    this.#at = at
  }

  value(node: Node, depth: number): Located | undefined {
    const at = this.#at(node.range?.[0] ?? 0)
    if (this.#stopped) return undefined
    if (depth > MAX_DEPTH) return this.#stop(at, `Values are nested more than ${MAX_DEPTH} deep`)
    if (++this.#values > MAX_VALUES) return this.#stop(at, `There are more than ${MAX_VALUES} values`)
    if (isAlias(node)) return this.#alias(node.source, at, depth)
    if ('anchor' in node && node.anchor && this.#inAlias === 0) this.#anchors.set(node.anchor, node)
    if (isSeq<Node>(node)) {
      const items = node.items.map(item => this.value(item, depth + 1))
      return items.every(item => item !== undefined) ? { kind: 'list', items, at } : undefined
    }
    if (isMap<Node, Node | null>(node)) return this.#map(node.items, at, depth)
    if (!isScalar(node)) return this.#findings.error(at, 'YAML_UNSUPPORTED', 'This is no plain value')
    return (
      scalar(node.value, node.source, at) ??
      this.#findings.error(at, 'YAML_UNSUPPORTED', 'This is no plain value')
    )
  }

  #map(pairs: readonly Pair<Node, Node | null>[], at: Location, depth: number): Located | undefined {
    const entries: Entry[] = []
    const seen = new Map<string, Location>()
    let whole = true
    for (const { key, value } of pairs) {
      const keyAt = this.#at(key?.range?.[0] ?? 0)
      const name = this.#key(key, keyAt, seen)
      const located = value === null ? absent(keyAt) : this.value(value, depth + 1)
      if (name !== undefined && located) entries.push({ key: name, keyAt, value: located })
      else whole = false
    }
    return whole ? { kind: 'map', entries, at } : undefined
  }

  #key(key: Node | null, at: Location, seen: Map<string, Location>): string | undefined {
    if (key === null || !isScalar(key) || (typeof key.value !== 'string' && key.source === undefined)) {
      return this.#findings.error(at, 'YAML_UNSUPPORTED', 'The key of an entry must be text')
    }
    const name = typeof key.value === 'string' ? key.value : String(key.source)
    if (name === '<<') {
      return this.#findings.error(at, 'YAML_UNSUPPORTED', "Merge keys ('<<') are not available", {
        hint: 'write the entries out, or use an alias for a whole value',
      })
    }
    const first = seen.get(name)
    if (first) {
      return this.#findings.error(at, 'DUPLICATE_KEY', `The key ${quote(name)} is there twice`, {
        hint: `the first is in line ${first.line}`,
      })
    }
    seen.set(name, at)
    return name
  }

  #alias(name: string, at: Location, depth: number): Located | undefined {
    const target = this.#anchors.get(name)
    if (!target)
      return this.#findings.error(at, 'YAML_SYNTAX', `There is no anchor ${quote(name)} before this`)
    this.#inAlias++
    const value = this.value(target, depth + 1)
    this.#inAlias--
    return value
  }

  #stop(at: Location, message: string): undefined {
    this.#stopped = true
    return this.#findings.error(at, 'TOO_LARGE', message)
  }
}

function absent(at: Location): Located {
  return { kind: 'scalar', value: null, text: '', at }
}

function scalar(value: unknown, source: string | undefined, at: Location): Located | undefined {
  if (value === null) return { kind: 'scalar', value, text: source ?? '', at }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
  return { kind: 'scalar', value, text: source ?? String(value), at }
}
