import { RE2JS } from 're2js'
import { mismatch } from '../../../../../yaml/place.ts'
import { type Reader, refine } from '../../reader/reader.ts'
import { text } from '../../reader/scalars.ts'

/** The expression between the slashes. */
export const coverage: Reader<string> = refine(
  text({ expected: "a regular expression such as '/Coverage: \\d+/'", pattern: /^\/.+\/$/, maxLength: 1000 }),
  (written, node, place) => {
    const expression = written.slice(1, -1)
    try {
      RE2JS.compile(expression)
      return expression
    } catch {
      return mismatch(node, place, 'a regular expression of RE2')
    }
  },
)
