import type { LogPlan } from '../../rollout/index.ts'
import { list, optional, type StructOf, struct } from '../reader/composites.ts'
import { byKind, type Reader, refine } from '../reader/reader.ts'
import { flag, nothing, text } from '../reader/scalars.ts'
import { duration, percent, size } from '../reader/units.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const DEFAULTS = { share: 0.1, keepMs: 30 * DAY, limitBytes: 5e9 } as const
const MAX_KEEP = 400 * DAY
/** A gateway's disk holds other things as well. */
const [MIN_BYTES, MAX_BYTES] = [2 ** 20, 2 ** 40]
/** Each body is held to all of them. */
const MAX_RULES = 100

/** Names that follow each other, at any depth; `*` is any one. */
const field = text({
  expected: 'names with dots between them, such as user.email or inputs.image',
  pattern: /^[^\s.]{1,64}(\.[^\s.]{1,64}){0,7}$/,
  maxLength: 200,
})

const fields = {
  sample: optional(percent(), 'of the requests, by their ids', '10%'),
  redact: optional(
    list(field, { max: MAX_RULES }),
    'fields and tensors of requests and answers that are never written, such as user.email or inputs.image',
  ),
  bodies: optional(flag(), 'binary tensors and other bodies as well, not their digests alone', false),
  keep: optional(duration(HOUR, MAX_KEEP, '1h to 400d'), 'how long', '30d'),
  limit: optional(size(MIN_BYTES, MAX_BYTES, '1 MiB to 1 TiB'), 'of the disk of each gateway', '5 GB'),
}
type Written = Partial<StructOf<typeof fields>>

/** `log:` alone asks for every default. */
export const logSection: Reader<LogPlan> = refine(
  byKind({ scalar: nothing, map: struct({ what: 'log', fields }) }),
  ({ sample, redact = [], bodies = false, keep, limit }: Written): LogPlan => ({
    share: sample ?? DEFAULTS.share,
    redact,
    bodies,
    keepMs: keep ?? DEFAULTS.keepMs,
    limitBytes: limit ?? DEFAULTS.limitBytes,
  }),
)
