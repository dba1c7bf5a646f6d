import { ConvertError } from './errors.ts'
import type { Source } from './graph/types.ts'

/** Something in a model that has no ONNX form here. */
export interface Unsupported {
  /** The layer's class, op or estimator. */
  readonly what: string
  /** Why, where it is not simply unknown: `mode='foo'`. */
  readonly why?: string
  /** What its owner can do. */
  readonly hint?: string
  /** Names of the layers or nodes, in order. */
  readonly where: readonly string[]
}

/** Thrown by the converter of one layer or op for what it can't do; the converter of the model goes on with the rest. */
export class Refusal extends Error {
  readonly why: string
  readonly hint: string | undefined

  constructor(why: string, hint?: string) {
    super(why)
    this.name = 'Refusal'
    this.why = why
    this.hint = hint
  }
}

/** Places that a message names of each kind; the error's details have them all. */
const MAX_SHOWN = 3

/** Gathers all that a model has and we can't convert, so that its owner hears of everything at once. */
export class Refusals {
  readonly #found = new Map<string, { what: string; why?: string; hint?: string; where: string[] }>()

  get any(): boolean {
    return this.#found.size > 0
  }

  add(source: Source, why?: string, hint?: string): void {
    const key = JSON.stringify([source.kind, why])
    const known = this.#found.get(key)
    if (known) known.where.push(source.name)
    else
      this.#found.set(key, {
        what: source.kind,
        where: [source.name],
        ...(why !== undefined && { why }),
        ...(hint !== undefined && { hint }),
      })
  }

  get all(): readonly Unsupported[] {
    return Array.from(this.#found.values()).toSorted((a, b) => b.where.length - a.where.length)
  }

  /** Throws CONVERT_UNSUPPORTED with all of them, where there is one. */
  check(model: string): void {
    if (!this.any) return
    const all = this.all
    const lines = all.map(({ what, why, where }) => {
      const shown = where.slice(0, MAX_SHOWN).join(', ')
      const more = where.length > MAX_SHOWN ? ` and ${where.length - MAX_SHOWN} more` : ''
      return `${what}${where.length > 1 ? ` ×${where.length}` : ''} (${shown}${more})${why ? `: ${why}` : ''}`
    })
    const hints = [...new Set(all.flatMap(({ hint }) => (hint ? [hint] : [])))]
    throw new ConvertError('CONVERT_UNSUPPORTED', {
      message: `${model} can't be converted: ${lines.join('; ')}`,
      hint:
        hints.length > 0 ? hints.join(' ') : 'Export it to ONNX with its own framework, or take them out.',
      details: { unsupported: all },
    })
  }
}
