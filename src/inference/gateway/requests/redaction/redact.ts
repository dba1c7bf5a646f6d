import type { Redaction } from './rules.ts'

/** In place of what a rule covers. */
export const REDACTED = '[redacted]'
/** What nests deeper is not looked into, and so not written. */
export const MAX_DEPTH = 64

/** Where a document stands: what its members without a place of their own belong to. */
export type Side = 'inputs' | 'outputs'

/** As other protocols call them. */
const ALIAS: ReadonlyMap<string, Side> = new Map([
  ['instances', 'inputs'],
  ['predictions', 'outputs'],
])

/**
 * A document without what the rules cover: a copy, whose members are its own. The document's own members count as
 * members of its side, so that `inputs.image` finds `{"image":…}` as well. A value without a name where a rule is about
 * names (`{"instances":[[1,2]]}` and `inputs.image`) can't be told from what the rule means: it is redacted too.
 */
export function redacted(document: unknown, redaction: Redaction, side: Side): unknown {
  const walk = new Walk(redaction)
  if (isObject(document)) return walk.object(document, [side], 1)
  if (redaction.about(side)) return unnamed(document, item => walk.value(item, [side], 1))
  return walk.value(document, [side], 1)
}

class Walk {
  readonly #redaction: Redaction

  constructor(redaction: Redaction) {
    this.#redaction = redaction
  }

  value(value: unknown, path: readonly string[], depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (depth > MAX_DEPTH) return REDACTED
    if (Array.isArray(value)) return value.map(item => this.value(item, path, depth + 1))
    return this.object(value, path, depth)
  }

  object(source: object, path: readonly string[], depth: number): object {
    const copy: Record<string, unknown> = Object.create(null)
    const tensor = nameOf(source, path)
    const isCovered = tensor !== undefined && this.#redaction.covers([...path, tensor])
    for (const [name, value] of Object.entries(source)) {
      if (isCovered) {
        if (isShown(name, value)) copy[name] = value
        continue
      }
      copy[name] = this.#member(name, value, path, depth)
    }
    if (isCovered) copy['redacted'] = true
    return copy
  }

  #member(name: string, value: unknown, path: readonly string[], depth: number): unknown {
    const side = ALIAS.get(name) ?? name
    const below = [...path, side]
    if (this.#redaction.covers(below) || (side !== name && this.#redaction.covers([...path, name]))) {
      return REDACTED
    }
    const isSide = side === 'inputs' || side === 'outputs'
    if (!isSide || isObject(value) || !this.#redaction.about(side)) return this.value(value, below, depth + 1)
    return unnamed(value, item => this.value(item, below, depth + 1))
  }
}

/** Of a tensor that is redacted: what it is called, its shape and its type, where they are such. */
function isShown(name: string, value: unknown): boolean {
  if (name === 'name') return true
  if (name === 'datatype') return typeof value === 'string' && /^[A-Z0-9]{1,8}$/.test(value)
  return name === 'shape' && Array.isArray(value) && value.length <= 16 && value.every(Number.isSafeInteger)
}

/** A tensor of the Open Inference Protocol is a member of its list, by the name that it says. */
function nameOf(source: object, path: readonly string[]): string | undefined {
  const place = path.at(-1)
  if (place !== 'inputs' && place !== 'outputs') return undefined
  const name: unknown = Object.hasOwn(source, 'name') ? Reflect.get(source, 'name') : undefined
  return typeof name === 'string' ? name : undefined
}

/** Objects have names inside; anything else here has none. */
function unnamed(value: unknown, walk: (item: unknown) => unknown): unknown {
  if (!Array.isArray(value)) return isObject(value) ? walk(value) : REDACTED
  return value.map(item => (isObject(item) ? walk(item) : REDACTED))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
