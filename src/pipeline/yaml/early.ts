import { type Document, isMap, type Node, type Pair } from 'yaml'
import type { Location } from '../../core/index.ts'
import { Layout, type OpenMap } from './layout.ts'
import type { Located } from './located.ts'
import type { YamlFindings, YamlHooks, YamlOptions } from './options.ts'

/** Of errors, and of warnings: nobody reads more, and a flood of them is not to be held. */
const MAX_HELD = 500

type Tell = (findings: YamlFindings) => void

/**
 * Lays out the first document while it is parsed, so that its tree is never there as a whole. What it finds is told
 * once the document is known to be YAML.
 */
export class EarlyMap {
  readonly #layout: Layout
  readonly #at: (offset: number) => Location
  readonly #held: { readonly error: Tell[]; readonly warn: Tell[] } = { error: [], warn: [] }
  #open: OpenMap | undefined
  #refused = false

  constructor(options: YamlOptions, at: (offset: number) => Location, hooks: YamlHooks | undefined) {
    const hold =
      (kind: 'error' | 'warn'): YamlFindings['error'] =>
      (...told) => {
        if (this.#held[kind].length < MAX_HELD) this.#held[kind].push(findings => findings[kind](...told))
        return undefined
      }
    this.#layout = new Layout(options, { error: hold('error'), warn: hold('warn') }, at, hooks)
    this.#at = at
  }

  /** Takes the entries of a part. A document that refers to itself as a whole is left alone. */
  take({ contents }: Document.Parsed): void {
    if (!isMap<Node, Node | null>(contents) || contents.anchor) this.#refused = true
    if (this.#refused || !isMap<Node, Node | null>(contents)) return
    this.#open ??= this.#layout.openMap(this.#at(contents.range?.[0] ?? 0))
    this.#layout.addPairs(this.#open, contents.items.splice(0) as Pair<Node, Node | null>[], 0)
  }

  /** Undefined where nothing was taken. */
  finish(rest: Document.Parsed, findings: YamlFindings): { readonly value: Located | undefined } | undefined {
    if (!this.#open) return undefined
    this.take(rest)
    for (const tell of [...this.#held.error.splice(0), ...this.#held.warn.splice(0)]) tell(findings)
    return { value: this.#layout.closeMap(this.#open) }
  }
}
