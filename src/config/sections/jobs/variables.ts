import { mapOf, type NamedEntry } from '../../reader/composites.ts'
import type { Reader } from '../../reader/reader.ts'
import { plainText } from '../../reader/scalars.ts'

const MAX_VARIABLES = 100
/** The kernel's own limit for one string of the environment is 128 KiB. */
const MAX_VARIABLE = 32_768

export const variables: Reader<readonly NamedEntry<string>[]> = mapOf({
  key: {
    pattern: /^(?!__proto__$)(?!BALLAST_)[A-Za-z_][A-Za-z0-9_]*$/,
    expected: 'the name of a variable (letters, digits and _; BALLAST_… is taken)',
    maxLength: 200,
  },
  value: plainText(MAX_VARIABLE),
  max: MAX_VARIABLES,
})
