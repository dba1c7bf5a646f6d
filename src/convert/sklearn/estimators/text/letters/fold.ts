import { space, word } from '../pattern/classes.ts'
import { type CodePoints, has } from '../pattern/code-points.ts'
import { isCombining } from './combining.ts'

export type Accents = 'unicode' | 'ascii' | undefined

/** What is made of a text before it is cut into tokens. */
export interface Folding {
  readonly lowercase: boolean
  readonly accents: Accents
}

/** What becomes of characters. */
export interface Replacements {
  /** `É` to `é`, or to `e`. */
  readonly others: ReadonlyMap<string, string>
  /** Those that go without a trace: marks, and in ASCII all that have no letter there. */
  readonly none: CodePoints
}

/**
 * What lower-casing and stripping accents make of each character, as Python's str.lower() and scikit-learn's
 * strip_accents_unicode and strip_accents_ascii do: character by character, as marks that are stripped are all that NFKD
 * would put into another order. Σ is the one whose lower case depends on what is around it: see `sigma.ts`.
 *
 * Only those are told that can make a difference: whose replacement has a letter of the `alphabet`, or is cut into
 * tokens otherwise.
 */
export function replacementsOf(folding: Folding, alphabet: ReadonlySet<string>): Replacements {
  const { others, none } = changesOf(folding)
  const matter = others.filter(({ letters, alike }) => !alike || letters.some(letter => alphabet.has(letter)))
  return { others: new Map(matter.map(({ from, letters }) => [from, letters.join('')])), none }
}

interface Change {
  readonly from: string
  readonly letters: readonly string[]
  /** One character of the same kind: a word's, white space, or neither. */
  readonly alike: boolean
}

interface Changes {
  readonly others: readonly Change[]
  readonly none: CodePoints
}

/** All of Unicode is gone through once for each folding. */
const KNOWN = new Map<string, Changes>()

function changesOf(folding: Folding): Changes {
  const key = `${folding.lowercase} ${folding.accents}`
  const known = KNOWN.get(key)
  if (known) return known
  const [words, spaces] = [word(), space()]
  const others: Change[] = []
  const none: number[] = []
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue
    const from = String.fromCodePoint(code)
    const folded = foldedOf(from, folding)
    if (folded === from) continue
    if (folded === '') addTo(none, code)
    else {
      const letters = Array.from(folded)
      const other = letters[0]?.codePointAt(0) ?? 0
      const alike =
        letters.length === 1 &&
        has(words, code) === has(words, other) &&
        has(spaces, code) === has(spaces, other)
      others.push({ from, letters, alike })
    }
  }
  const made = { others, none }
  KNOWN.set(key, made)
  return made
}

function addTo(ranges: number[], code: number): void {
  if (ranges.at(-1) === code - 1) ranges[ranges.length - 1] = code
  else ranges.push(code, code)
}

export function foldedOf(character: string, { lowercase, accents }: Folding): string {
  const lower = lowercase ? character.toLowerCase() : character
  if (accents === undefined || /^[\0-\x7f]*$/.test(lower)) return lower
  const parts = Array.from(lower.normalize('NFKD'))
  const kept =
    accents === 'ascii' ? parts.filter(part => part <= '\x7f') : parts.filter(part => !isCombining(part))
  return kept.join('')
}
