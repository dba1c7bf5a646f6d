import { METRICS } from '../../evaluate/index.ts'
import {
  type Fields,
  list,
  optional,
  required,
  type StructOf,
  struct,
  type Unavailable,
} from '../reader/composites.ts'
import { path } from '../reader/paths.ts'
import { placed, type Reader } from '../reader/reader.ts'
import { choice, integer, text } from '../reader/scalars.ts'

/** More examples than any data set that is judged in one run. */
const MAX_EXAMPLES = 100_000_000

const fieldName = text({ expected: 'the name of an array or column', maxLength: 200 })

const fields = {
  data: required(placed(path()), 'the data, a path in the repository'),
  metrics: optional(
    list(choice(METRICS), { min: 1, max: METRICS.length }),
    'what to measure; default: by task',
  ),
  fields: optional(
    struct({
      what: 'fields',
      fields: {
        input: optional(fieldName, 'the array or column that holds the examples'),
        label: optional(fieldName, 'the array or column that holds the truths'),
      },
    }),
    'names of arrays or columns, where they can not be guessed',
  ),
  limit: optional(integer(1, MAX_EXAMPLES), 'evaluate at most this many examples'),
} satisfies Fields

const slices: Unavailable = {
  severity: 'warning',
  reason: 'the whole data set is judged; slices are left out',
}

export type WrittenEvaluate = StructOf<typeof fields>
export const evaluateSection: Reader<WrittenEvaluate> = struct({
  what: 'evaluate',
  fields,
  unavailable: { slices },
})
