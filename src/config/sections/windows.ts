import { CoreError, parseWindow, type TimeWindow, windowOf } from '../../core/index.ts'
import { quote } from '../../pipeline/index.ts'
import { list, optional, required, struct } from '../reader/composites.ts'
import { byKind, type Place, type Reader, refine } from '../reader/reader.ts'
import { text } from '../reader/scalars.ts'

/** Each is looked at whenever a rollout might move on. */
const MAX_WINDOWS = 10
const MAX_LINE = 160

const expected = 'a time such as Fri 18:00 - Mon 08:00 Europe/Berlin, or Mon-Fri 09:00 - 17:00'

const line = refine(text({ expected, maxLength: MAX_LINE }), (written, node, place) =>
  windowAt(() => parseWindow(written), node, place),
)

const time = text({ expected: 'a time such as Fri 18:00, 18:00 or 2026-12-20 18:00', maxLength: 40 })
const parts = refine(
  struct({
    what: 'a window',
    fields: {
      from: required(time, 'its beginning, such as Fri 18:00, 18:00 or 2026-12-20 18:00'),
      to: required(time, 'its end, of the same kind'),
      days: optional(
        text({ expected: 'days such as Mon-Fri or Sat,Sun', maxLength: 40 }),
        'of times of day',
        'every day',
      ),
      zone: optional(
        text({ expected: 'a time zone such as Europe/Berlin', maxLength: 60 }),
        'by whose clocks',
        'UTC',
      ),
    },
  }),
  ({ from, to, days, zone }, node, place) =>
    windowAt(
      () => windowOf({ from, to, ...(days !== undefined && { days }), ...(zone !== undefined && { zone }) }),
      node,
      place,
    ),
)

/** Windows of time, each a line or a map of its parts. */
export const windowList: Reader<readonly TimeWindow[]> = list(byKind({ scalar: line, map: parts }), {
  min: 1,
  max: MAX_WINDOWS,
})

/** What is wrong with it is what its own reader says. */
function windowAt(
  read: () => TimeWindow,
  node: Parameters<Reader<TimeWindow>['read']>[0],
  place: Place,
): TimeWindow | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CoreError)) throw error
    const { expected: wanted, found } = error.details
    return place.findings.error(node.at, 'BAD_VALUE', `Bad value of ${place.trail}`, {
      expected: String(wanted),
      found: quote(String(found)),
    })
  }
}
