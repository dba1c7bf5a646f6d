import { list } from '../../reader/composites.ts'
import { byKind } from '../../reader/reader.ts'
import { choice, flag, text } from '../../reader/scalars.ts'
import { optional, struct } from '../../reader/struct.ts'

const MAX_INHERITED = 1000

export const INHERITABLE = [
  'after_script',
  'artifacts',
  'before_script',
  'cache',
  'hooks',
  'id_tokens',
  'image',
  'interruptible',
  'retry',
  'services',
  'tags',
  'timeout',
] as const
export type Inheritable = (typeof INHERITABLE)[number]

/** All of them (true), none, or those that are named. */
export const inherit = struct({
  what: 'inherit',
  fields: {
    default: optional(
      byKind<boolean, readonly Inheritable[]>({
        scalar: flag(),
        list: list(choice(INHERITABLE), { max: INHERITABLE.length }),
      }),
    ),
    variables: optional(
      byKind<boolean, readonly string[]>({
        scalar: flag(),
        list: list(text({ expected: 'the name of a variable' }), { max: MAX_INHERITED }),
      }),
    ),
  },
})
