import { Refusal } from '../../../../refusals.ts'
import { classOfEscape } from './classes.ts'
import { type CodePoints, complementOf, unionOf } from './code-points.ts'

/** A part of a Python pattern, as far as token patterns have them. */
export type Part =
  | { readonly kind: 'set'; readonly set: CodePoints }
  /** `\b` */
  | { readonly kind: 'boundary' }
  | { readonly kind: 'sequence'; readonly parts: readonly Part[] }
  | { readonly kind: 'choice'; readonly parts: readonly Part[] }
  | {
      readonly kind: 'repeat'
      readonly part: Part
      readonly min: number
      readonly max: number
      readonly lazy: boolean
    }
  | { readonly kind: 'group'; readonly part: Part }

/** Groups in groups. */
const MAX_DEPTH = 50
/** RE2 writes a repetition out, and ends at some megabytes. */
const MAX_REPEAT = 100

/** Reads a pattern of Python's `re`. A Refusal for what has no counterpart: look-around, back references, flags. */
export function parsePattern(pattern: string): Part {
  const flags = /^\(\?([a-zA-Z]+)\)/.exec(pattern)
  if (flags && flags[1] !== 'u') throw unfit(pattern, `the flags (?${flags[1]})`)
  const parser = new Parser(pattern, flags ? flags[0].length : 0)
  const part = parser.choice(0)
  if (!parser.atEnd) throw unfit(pattern, `'${parser.rest.slice(0, 20)}'`)
  return part
}

function unfit(pattern: string, what: string): Refusal {
  return new Refusal(
    `token_pattern='${pattern.slice(0, 100)}' has ${what}`,
    'Token patterns of characters, classes, repetitions and \\b can be converted.',
  )
}

class Parser {
  readonly #pattern: string
  readonly #characters: readonly string[]
  #at: number

  constructor(pattern: string, start: number) {
    this.#pattern = pattern
    this.#characters = Array.from(pattern)
    this.#at = start
  }

  get atEnd(): boolean {
    return this.#at >= this.#characters.length
  }

  get rest(): string {
    return this.#characters.slice(this.#at).join('')
  }

  choice(depth: number): Part {
    if (depth > MAX_DEPTH) throw this.#unfit('groups nested without end')
    const parts = [this.#sequence(depth)]
    while (this.#take('|')) parts.push(this.#sequence(depth))
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  #sequence(depth: number): Part {
    const parts: Part[] = []
    while (!this.atEnd && !['|', ')'].includes(this.#peek())) parts.push(this.#repeated(this.#atom(depth)))
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
  }

  #repeated(part: Part): Part {
    const range = this.#quantifier()
    if (!range) return part
    if (part.kind === 'boundary') throw this.#unfit('a repeated \\b')
    const lazy = this.#take('?')
    if (this.#quantifier()) throw this.#unfit('a repeated repetition')
    return { kind: 'repeat', part, ...range, lazy }
  }

  #quantifier(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.#take('?')) return { min: 0, max: 1 }
    const braces = /^\{(\d*)(,?)(\d*)\}/.exec(this.rest.slice(0, 20))
    const [whole, from = '', comma, to = ''] = braces ?? []
    if (whole === undefined || (from === '' && to === '')) return undefined
    this.#at += whole.length
    const min = Number(from)
    const max = comma === '' ? min : to === '' ? Number.POSITIVE_INFINITY : Number(to)
    if (min > max || min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY))
      throw this.#unfit(whole)
    return { min, max }
  }

  #atom(depth: number): Part {
    const character = this.#next()
    if (character === '(') return this.#group(depth)
    if (character === '[') return { kind: 'set', set: this.#class() }
    if (character === '.') return { kind: 'set', set: complementOf([0x0a, 0x0a]) }
    if (character === '\\') return this.#escape()
    if ('^$*+?'.includes(character)) throw this.#unfit(`'${character}'`)
    return { kind: 'set', set: single(character) }
  }

  #group(depth: number): Part {
    const plain = this.#take('?')
    if (plain && !this.#take(':')) throw this.#unfit(`'(?${this.#peek()}'`)
    const part = this.choice(depth + 1)
    if (!this.#take(')')) throw this.#unfit('a group that does not end')
    return plain ? part : { kind: 'group', part }
  }

  #escape(): Part {
    if (this.#take('b')) return { kind: 'boundary' }
    return { kind: 'set', set: this.#escaped() }
  }

  /** Behind a backslash: a class, a control character, a code, or the character itself. */
  #escaped(): CodePoints {
    const letter = this.#next()
    const named = classOfEscape(letter)
    if (named) return named
    const digits = { x: 2, u: 4, U: 8 }[letter]
    if (digits !== undefined) {
      const code = this.rest.slice(0, digits)
      if (!/^[0-9a-fA-F]+$/.test(code) || code.length !== digits || Number.parseInt(code, 16) > 0x10ffff)
        throw this.#unfit(`\\${letter}${code}`)
      this.#at += digits
      return [Number.parseInt(code, 16), Number.parseInt(code, 16)]
    }
    const control = CONTROLS[letter]
    if (control !== undefined) return [control, control]
    if (/[a-zA-Z0-9]/.test(letter)) throw this.#unfit(`\\${letter}`)
    return single(letter)
  }

  #class(): CodePoints {
    const negated = this.#take('^')
    const sets: CodePoints[] = []
    let first = true
    while (first || this.#peek() !== ']') {
      first = false
      const from = this.#member()
      const isRange = this.#peek() === '-' && this.#characters[this.#at + 1] !== ']' && from.length === 2
      if (!isRange || from[0] !== from[1]) {
        sets.push(from)
        continue
      }
      this.#at++
      const to = this.#member()
      if (to.length !== 2 || to[0] !== to[1] || to[0]! < from[0]!)
        throw this.#unfit('a range that does not end')
      sets.push([from[0]!, to[0]!])
    }
    this.#at++
    const set = unionOf(sets)
    return negated ? complementOf(set) : set
  }

  #member(): CodePoints {
    const character = this.#next()
    if (character !== '\\') return single(character)
    return this.#take('b') ? [0x08, 0x08] : this.#escaped()
  }

  #peek(): string {
    return this.#characters[this.#at] ?? ''
  }

  #next(): string {
    const character = this.#characters[this.#at++]
    if (character === undefined) throw this.#unfit('no end')
    return character
  }

  #take(character: string): boolean {
    if (this.#peek() !== character || this.atEnd) return false
    this.#at++
    return true
  }

  #unfit(what: string): Refusal {
    return unfit(this.#pattern, what)
  }
}

const CONTROLS: Readonly<Partial<Record<string, number>>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7 }

function single(character: string): CodePoints {
  const code = character.codePointAt(0) ?? 0
  return [code, code]
}
