import { mismatch } from '../../pipeline/index.ts'
import type { TrafficPlan, TrafficRule, TrafficTarget } from '../../rollout/index.ts'
import { list, optional, required, struct } from '../reader/composites.ts'
import { type Reader, refine } from '../reader/reader.ts'
import { choice, integer, text } from '../reader/scalars.ts'
import { duration, percent } from '../reader/units.ts'

/** Each request may be held to all of them. */
const MAX_RULES = 50
const DAY = 24 * 3_600_000
const DEFAULT_AGE = 30 * DAY
/** What browsers take at most. */
const MAX_AGE = 400 * DAY
const MAX_VERSION = 999_999_999
/** Theirs are secrets, which no file of a repository should name. */
const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie'])

const headerName: Reader<string> = refine(
  text({
    expected: 'the name of a header, such as X-User-Id',
    pattern: /^[A-Za-z0-9][A-Za-z0-9_-]*$/,
    maxLength: 64,
  }),
  (name, node, place) =>
    SECRET_HEADERS.has(name.toLowerCase())
      ? mismatch(node, place, 'a header that holds no secret')
      : name.toLowerCase(),
)
const headerText = text({
  expected: 'printable ASCII text',
  pattern: /^[\x20-\x7e]+$/,
  maxLength: 200,
})

const sticky = refine(
  struct({
    what: 'sticky',
    fields: {
      header: optional(headerName, 'callers with the same value stay with the same arm'),
      cookie: optional(
        text({
          expected: 'the name of a cookie, such as ballast-arm',
          pattern: /^[A-Za-z0-9_-]+$/,
          maxLength: 64,
        }),
        'gateways give every caller a random one, by which it stays with its arm',
      ),
      age: optional(duration(1000, MAX_AGE, '1s to 400d'), 'how long a cookie is kept', '30d'),
    },
    exclusive: ['header', 'cookie'],
  }),
  ({ header, cookie, age }, node, place): TrafficPlan['sticky'] => {
    if (header !== undefined && age === undefined) return { kind: 'header', name: header }
    if (cookie !== undefined) return { kind: 'cookie', name: cookie, maxAgeMs: age ?? DEFAULT_AGE }
    return mismatch(node, place, 'header: X-User-Id, or cookie: ballast-arm (which may have an age)')
  },
)

const ARMS = ['stable', 'baseline', 'canary', 'previous'] as const

/** An arm, `previous`, or a version by its number. */
function target<Name extends (typeof ARMS)[number]>(names: readonly Name[]): Reader<Name | number> {
  const [word, version] = [choice(names), integer(1, MAX_VERSION)]
  const expected = `${names.join(', ')}, or the number of a version`
  return {
    schema: { anyOf: [word.schema, version.schema] },
    expected,
    read(node, place) {
      const reader = node.kind === 'scalar' && typeof node.value === 'number' ? version : word
      return reader.read(node, place)
    },
  }
}

const rule = refine(
  struct({
    what: 'a rule',
    fields: {
      header: required(headerName, 'the header that decides'),
      is: optional(headerText, 'its whole value'),
      begins: optional(headerText, 'how its value begins; without is and begins any value will do'),
      to: required(
        target(ARMS) satisfies Reader<TrafficTarget>,
        'the version that takes such requests, where it serves',
      ),
    },
    exclusive: ['is', 'begins'],
  }),
  ({ header, is, begins, to }): TrafficRule => {
    if (is !== undefined) return { header, match: { kind: 'is', text: is }, to }
    if (begins !== undefined) return { header, match: { kind: 'begins', text: begins }, to }
    return { header, match: { kind: 'present' }, to }
  },
)

const mirror = refine(
  struct({
    what: 'mirror',
    fields: {
      to: required(
        target(['canary', 'previous'] as const),
        'the version that gets copies, while it serves: canary, previous, or its number',
      ),
      share: optional(percent(), 'of the requests', '100%'),
      keep: optional(
        choice(['digests', 'answers']),
        'what is kept of both answers: digests and how far they differ, or the answers as well',
        'digests',
      ),
    },
  }),
  ({ to, share = 1, keep = 'digests' }): TrafficPlan['mirror'] => ({ to, share, keep }),
)

export const trafficSection: Reader<TrafficPlan> = refine(
  struct({
    what: 'traffic',
    fields: {
      sticky: optional(sticky, 'by what a caller is known, so that it stays with its arm'),
      rules: optional(
        list(rule, { max: MAX_RULES }),
        'requests that go to one version; the first that matches decides',
      ),
      mirror: optional(mirror, 'a version that gets copies of requests, and whose answers nobody gets'),
    },
  }),
  ({ sticky, rules, mirror }): TrafficPlan => ({
    ...(sticky && { sticky }),
    ...(rules && { rules }),
    ...(mirror && { mirror }),
  }),
)
