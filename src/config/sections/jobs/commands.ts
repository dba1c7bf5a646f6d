import { list } from '../../reader/composites.ts'
import { glob } from '../../reader/paths.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { text } from '../../reader/scalars.ts'

/** A script that is longer belongs into a file of the repository. */
const MAX_COMMAND = 32_768
export const MAX_PATTERNS = 50

export function oneOrMore<T>(item: Reader<T>, max: number): Reader<readonly T[]> {
  return byKind({ scalar: refine(item, value => [value]), list: list(item, { min: 1, max }) })
}

export const command: Reader<string> = text({
  expected: 'a shell command',
  pattern: /^[^\u0000]*$/,
  maxLength: MAX_COMMAND,
})
export const patterns: Reader<readonly string[]> = oneOrMore(glob(), MAX_PATTERNS)
