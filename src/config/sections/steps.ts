import { type Located, mismatch } from '../../pipeline/index.ts'
import type { CanaryStep } from '../../rollout/index.ts'
import { list, optional, required, struct } from '../reader/composites.ts'
import { byKind, type Place, type Reader, refine } from '../reader/reader.ts'
import { duration, percent, percentAndDuration, shadowAndDuration } from '../reader/units.ts'

const MAX_STEPS = 20
const MONTH = 30 * 24 * 3_600_000

const hold = optional(duration(0, MONTH, '0s to 30d'), 'least time at this step', '0s')

const weighted = {
  short: refine(percentAndDuration(), ({ share, hold = 0 }): CanaryStep => ({ weight: share, hold })),
  long: refine(
    struct({
      what: 'a step',
      fields: { weight: required(percent(), 'part of the traffic, such as 5%'), hold },
    }),
    ({ weight, hold = 0 }): CanaryStep => ({ weight, hold }),
  ),
}

const shadow = {
  short: refine(shadowAndDuration(), ({ share, hold = 0 }, node, place) =>
    shadowStep(share, hold, node, place),
  ),
  long: refine(
    struct({
      what: 'a shadow step',
      fields: {
        shadow: required(percent(), 'part of the requests that the candidate gets beside what serves'),
        hold,
      },
    }),
    ({ shadow, hold = 0 }, node, place) => shadowStep(shadow, hold, node, place),
  ),
}

function shadowStep(share: number, hold: number, node: Located, place: Place): CanaryStep | undefined {
  return share > 0
    ? { weight: 0, hold, shadow: share }
    : mismatch(node, place, 'a shadow of more than 0% of the requests')
}

/** What a step of either kind is read by. */
function either(
  kinds: { readonly weighted: Reader<CanaryStep>; readonly shadow: Reader<CanaryStep> },
  isShadow: (node: Located) => boolean,
): Reader<CanaryStep> {
  return {
    schema: { anyOf: [kinds.weighted.schema, kinds.shadow.schema] },
    expected: kinds.weighted.expected,
    read: (node, place) => (isShadow(node) ? kinds.shadow : kinds.weighted).read(node, place),
  }
}

const step = byKind({
  scalar: either(
    { weighted: weighted.short, shadow: shadow.short },
    node => node.kind === 'scalar' && /^\s*shadow\b/.test(node.text),
  ),
  map: either(
    { weighted: weighted.long, shadow: shadow.long },
    node => node.kind === 'map' && node.entries.some(({ key }) => key === 'shadow'),
  ),
})

/** Percentages that grow, and before them a shadow. */
export const canarySteps: Reader<readonly CanaryStep[]> = refine(
  list(step, { min: 1, max: MAX_STEPS }),
  (steps, node, place) => {
    const nodes = node.kind === 'list' ? node.items : []
    const late = steps.findIndex(({ shadow }, i) => shadow !== undefined && i > 0)
    if (late > 0) {
      const again = steps[0]?.shadow !== undefined
      const message = again ? 'There is one shadow step at most' : 'A shadow step comes before all others'
      const hint = again
        ? 'give the first one more time'
        : 'once it answers callers, they are what a candidate is judged by'
      return place.findings.error(nodes[late]?.at ?? node.at, 'BAD_VALUE', message, { hint })
    }
    const wrong = steps.findIndex(
      ({ weight, shadow }, i) =>
        shadow === undefined && (weight <= (steps[i - 1]?.weight ?? 0) || weight >= 1),
    )
    if (wrong < 0) return steps
    const expected = 'percentages that grow, above 0% and below 100% (all traffic comes after the last step)'
    return mismatch(nodes[wrong] ?? node, { ...place, trail: `${place.trail}[${wrong + 1}]` }, expected)
  },
)
