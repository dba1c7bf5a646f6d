import type { RefPolicy } from '../../../types.ts'
import { list } from '../../reader/composites.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { choice, text } from '../../reader/scalars.ts'
import { optional, struct } from '../../reader/struct.ts'

const MAX_REFS = 500
const MAX_EXPRESSIONS = 100
const MAX_PATHS = 500

const refs = list(
  text({ expected: 'a branch, a tag, a /regular expression/ or a keyword such as branches' }),
  {
    max: MAX_REFS,
    nested: true,
  },
)

const expression = refine(text({ expected: 'an expression', maxLength: 32_768 }), (value, node) => ({
  text: value,
  at: node.at,
}))

/** `only` and `except`, which GitLab has replaced by rules and still takes. */
export const policy: Reader<RefPolicy> = byKind<never, RefPolicy, RefPolicy>({
  list: refine(refs, (read, node) => ({ at: node.at, refs: read })),
  map: refine(
    struct({
      what: 'only or except',
      fields: {
        refs: optional(refs),
        variables: optional(list(expression, { max: MAX_EXPRESSIONS, nested: true })),
        changes: optional(list(text({ expected: 'a path or pattern' }), { max: MAX_PATHS, nested: true })),
        kubernetes: optional(choice(['active']), { note: 'never active: Ballast manages no cluster' }),
      },
    }),
    (read, node) => ({
      at: node.at,
      ...(read.refs && { refs: read.refs }),
      ...(read.variables && { variables: read.variables }),
      ...(read.changes && { changes: read.changes }),
      ...(read.kubernetes && { kubernetes: true }),
    }),
  ),
})
