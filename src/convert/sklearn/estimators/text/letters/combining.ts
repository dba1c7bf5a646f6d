/** U+0334, a combining overlay: class 1, the lowest. */
const LOWEST = '\u0334'
/** U+0345: class 240, the highest. */
const HIGHEST = '\u0345'

/**
 * Whether the canonical combining class of a character that NFD leaves as it is lies above 0 (unicodedata.combining).
 * JavaScript does not tell it, but canonical order does: marks are sorted by class, behind what they are on.
 */
export function isCombining(character: string): boolean {
  // Only marks have a class; most texts have none.
  if (!/\p{M}/u.test(character)) return false
  if (character === HIGHEST) return true
  const behind = `a${character}${LOWEST}`
  const before = `a${HIGHEST}${character}`
  return behind.normalize('NFD') !== behind || before.normalize('NFD') !== before
}
