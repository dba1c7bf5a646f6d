import type { Location } from '../../../../../core/index.ts'
import { type Entry, type Located, quote } from '../../../../yaml/located.ts'
import type { Budget } from '../budget.ts'
import type { DocumentFindings } from '../findings.ts'
import { MAX_REFERENCE_LEVELS } from '../limits.ts'

/** A value without references, over how many it was reached, and how many lists would lie in each other. */
interface Resolved {
  readonly value: Located
  readonly levels: number
  readonly lists: number
}

/**
 * Puts what they name in place of `!reference`s. In a list, the items of a list that is referred to stand for the
 * reference. Undefined, with a finding, for what is not there, goes round in a circle or is nested too deep.
 *
 * Every value is resolved once, so a chain of references costs what is written, not what it would expand to.
 */
export class References {
  readonly #top: ReadonlyMap<string, Entry>
  readonly #budget: Budget
  readonly #findings: DocumentFindings
  readonly #values = new Map<Located, Resolved | undefined>()
  readonly #paths = new Map<string, Resolved | 'open' | undefined>()
  readonly #entries = new Map<Located, ReadonlyMap<string, Entry>>()
  /** References that are being followed, each out of the one before. */
  #open = 0

  constructor(top: ReadonlyMap<string, Entry>, budget: Budget, findings: DocumentFindings) {
    this.#top = top
    this.#budget = budget
    this.#findings = findings
  }

  resolve(node: Located): Located | undefined {
    return this.#resolve(node)?.value
  }

  #resolve(node: Located): Resolved | undefined {
    if (node.kind === 'scalar') return { value: node, levels: 0, lists: 0 }
    if (this.#values.has(node)) return this.#values.get(node)
    const resolved = this.#resolveNew(node)
    this.#values.set(node, resolved)
    return resolved
  }

  #resolveNew(node: Exclude<Located, { kind: 'scalar' }>): Resolved | undefined {
    switch (node.kind) {
      case 'reference':
        return this.#follow(node.path, node.at)
      case 'list':
        return this.#list(node)
      case 'map':
        return this.#map(node)
    }
  }

  #list(node: Extract<Located, { kind: 'list' }>): Resolved | undefined {
    const items: Located[] = []
    let levels = 0
    let lists = 0
    let same = true
    for (const item of node.items) {
      const resolved = this.#resolve(item)
      if (!resolved) return undefined
      levels = Math.max(levels, resolved.levels)
      lists = Math.max(lists, resolved.lists)
      if (item.kind === 'reference' && resolved.lists >= MAX_REFERENCE_LEVELS) return this.#tooDeep(item)
      same &&= resolved.value === item
      if (item.kind !== 'reference' || resolved.value.kind !== 'list') items.push(resolved.value)
      else if (!this.#budget.takeValues(item.at, resolved.value.items.length)) return undefined
      else for (const one of resolved.value.items) items.push(one)
    }
    return { value: same ? node : { ...node, items }, levels, lists: lists + 1 }
  }

  #map(node: Extract<Located, { kind: 'map' }>): Resolved | undefined {
    let levels = 0
    let same = true
    let whole = true
    const entries = node.entries.map(entry => {
      const resolved = this.#resolve(entry.value)
      if (!resolved) whole = false
      levels = Math.max(levels, resolved?.levels ?? 0)
      if (!resolved || resolved.value === entry.value) return entry
      same = false
      return { ...entry, value: resolved.value }
    })
    return whole ? { value: same ? node : { ...node, entries }, levels, lists: 0 } : undefined
  }

  #follow(path: readonly string[], at: Location): Resolved | undefined {
    const written = `!reference [${path.join(', ')}]`
    const key = JSON.stringify(path)
    const known = this.#paths.get(key)
    if (known === 'open') {
      return this.#findings.error(at, 'REFERENCE_CYCLE', `${quote(written)} goes round in a circle`)
    }
    if (known || this.#paths.has(key)) return known
    this.#paths.set(key, 'open')
    this.#open++
    const resolved = this.#open > MAX_REFERENCE_LEVELS ? undefined : this.#resolvePath(path, at, written)
    const deep = this.#open > MAX_REFERENCE_LEVELS || (resolved?.levels ?? 0) > MAX_REFERENCE_LEVELS
    this.#open--
    if (deep) {
      const message = `${quote(written)} is nested over more than ${MAX_REFERENCE_LEVELS} references`
      this.#findings.error(at, 'REFERENCE_TOO_DEEP', message)
    }
    this.#paths.set(key, deep ? undefined : resolved)
    return deep ? undefined : resolved
  }

  #resolvePath(path: readonly string[], at: Location, written: string): Resolved | undefined {
    const target = this.#find(path, at, written)
    const found = target && this.#resolve(target)
    return found && { ...found, levels: found.levels + 1 }
  }

  #find(path: readonly string[], at: Location, written: string): Located | undefined {
    const [job = '', ...keys] = path
    let node = this.#top.get(job)?.value
    if (!node) return this.#missing(at, written, job, [...this.#top.keys()])
    for (const key of keys) {
      if (node.kind === 'reference') node = this.#resolve(node)?.value
      if (node?.kind !== 'map') return this.#missing(at, written, key, [])
      const next: Entry | undefined = this.#entriesOf(node).get(key)
      if (!next) {
        return this.#missing(
          at,
          written,
          key,
          node.entries.map(entry => entry.key),
        )
      }
      node = next.value
    }
    if (node.kind === 'scalar' && node.value === null)
      return this.#missing(at, written, keys.at(-1) ?? job, [])
    return node
  }

  /** GitLab puts a list in a list for each reference, and takes up to ten. */
  #tooDeep({ path, at }: Extract<Located, { kind: 'reference' }>): undefined {
    const message = `${quote(`!reference [${path.join(', ')}]`)} makes more than ${MAX_REFERENCE_LEVELS} lists within each other`
    return this.#findings.error(at, 'REFERENCE_TOO_DEEP', message)
  }

  /** A map may have 20,000 entries, and 10,000 references into it. */
  #entriesOf(node: Extract<Located, { kind: 'map' }>): ReadonlyMap<string, Entry> {
    const known = this.#entries.get(node)
    if (known) return known
    const entries = new Map(node.entries.map(entry => [entry.key, entry]))
    this.#entries.set(node, entries)
    return entries
  }

  #missing(at: Location, written: string, step: string, names: readonly string[]): undefined {
    const message = `${quote(written)} names nothing: there is no ${quote(step)}`
    return this.#findings.error(at, 'REFERENCE_UNKNOWN', message, this.#findings.nearest(step, names))
  }
}
