import { type CodePoints, codePointsWhere, complementOf } from './code-points.ts'

/**
 * What `\w`, `\d` and `\s` match in Python's `re` for texts: str.isalnum() or `_`, the category Nd, and str.isspace().
 * RE2's own are ASCII only. Marks (Mn, Mc), as vowels of Indian scripts are, are no word characters in Python.
 */
const WORD = once(() => codePointsWhere(text => /^[\p{L}\p{N}_]$/u.test(text)))
const DIGIT = once(() => codePointsWhere(text => /^\p{Nd}$/u.test(text)))
const SPACE = once(() => [
  ...[0x09, 0x0d, 0x1c, 0x20, 0x85, 0x85, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a],
  ...[0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000],
])

export const word = (): CodePoints => WORD()
export const space = (): CodePoints => SPACE()

const CLASSES: Readonly<Record<string, () => CodePoints>> = {
  w: WORD,
  d: DIGIT,
  s: SPACE,
  W: once(() => complementOf(WORD())),
  D: once(() => complementOf(DIGIT())),
  S: once(() => complementOf(SPACE())),
}

/** The class of an escape's letter; undefined where it is none. */
export function classOfEscape(letter: string): CodePoints | undefined {
  return Object.hasOwn(CLASSES, letter) ? CLASSES[letter]!() : undefined
}

/** Tables of all of Unicode are made when a pattern needs them. */
export function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
