import type { Location } from '../../core/index.ts'
import { EvaluateError, type Gate, gateFromFields, METRICS, parseGate } from '../../evaluate/index.ts'
import { mismatch, quote } from '../../pipeline/index.ts'
import { list, optional, required, struct } from '../reader/composites.ts'
import { narrowed } from '../reader/paths.ts'
import { byKind, type Place, type Reader, refine } from '../reader/reader.ts'
import { choice, text } from '../reader/scalars.ts'

/** Each is a line of every run's page. */
const MAX_GATES = 50
const MAX_GATE = 200
const FORM = String.raw`^\s*(${METRICS.join('|')})\s*([<>]=?\s*\S|non_inferior\s)`

const short = narrowed(
  refine(text({ expected: 'a gate such as accuracy >= 0.97', maxLength: MAX_GATE }), (written, node, place) =>
    gateOr(() => parseGate(written, node.at), node.at, place),
  ),
  { pattern: FORM },
)

/** `0.005`, `0.5%` or `2 ms`: what it means depends on the metric. */
const amount: Reader<number | string> = {
  schema: { type: ['number', 'string'], maxLength: MAX_GATE },
  expected: 'an amount such as 0.005, 0.5% or 2 ms',
  read(node, place) {
    const value = node.kind === 'scalar' ? node.value : null
    const right = (typeof value === 'string' && value.length <= MAX_GATE) || typeof value === 'number'
    return right ? value : mismatch(node, place, this.expected)
  },
}

const long = refine(
  struct({
    what: 'a gate',
    fields: {
      metric: required(choice(METRICS), 'what is compared'),
      versus: required(choice(['production']), 'what it is compared with'),
      non_inferior: required(amount, 'it may be worse by less than this, in the unit of the metric'),
      confidence: optional(amount, 'of the interval of the difference', 0.95),
    },
  }),
  ({ confidence, ...fields }, node, place) =>
    gateOr(
      () => gateFromFields(confidence === undefined ? fields : { ...fields, confidence }, node.at),
      node.at,
      place,
    ),
)

export const gatesSection: Reader<readonly Gate[]> = list(byKind({ scalar: short, map: long }), {
  max: MAX_GATES,
})

/** The gate, or the language's own words about what is wrong with it. */
function gateOr(read: () => Gate, at: Location, { findings, trail }: Place): Gate | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof EvaluateError)) throw error
    const { expected, found } = error.details
    return findings.error(at, 'BAD_GATE', `Bad gate in ${trail}`, {
      ...(typeof expected === 'string' && { expected }),
      ...(typeof found === 'string' && { found: quote(found) }),
      ...(error.hint !== undefined && { hint: error.hint }),
    })
  }
}
