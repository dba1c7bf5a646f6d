import { optional, type StructOf, struct } from '../reader/composites.ts'
import { byKind, type Reader, refine } from '../reader/reader.ts'
import { nothing, text } from '../reader/scalars.ts'
import { duration } from '../reader/units.ts'
import type { PreviewRequest } from '../types.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const DEFAULT_EXPIRY = 7 * DAY
const MAX_BRANCH = 200

export const branchPattern: Reader<string> = text({
  expected: 'a branch, or a pattern such as release/*',
  pattern: /^[^\s\u0000-\u001f[\]{}()\\]+$/,
  maxLength: MAX_BRANCH,
})

const fields = {
  branch: optional(
    branchPattern,
    'branches that get a private endpoint (* stands for any characters); the default branch never does',
    '*',
  ),
  expires: optional(
    duration(10 * MINUTE, 90 * DAY, '10m to 90d'),
    'how long it stays after its last deployment',
    '7d',
  ),
}
type Written = Partial<StructOf<typeof fields>>

/** `preview:` alone asks for every default. */
export const previewSection: Reader<PreviewRequest> = refine(
  byKind({ scalar: nothing, map: struct({ what: 'preview', fields }) }),
  ({ branch = '*', expires = DEFAULT_EXPIRY }: Written): PreviewRequest => ({ branch, expiresMs: expires }),
)
