import { describe, expect, test } from 'vitest'
import { envelopeOf, publicKeyOf, type RolloutId } from '../../core/index.ts'
import {
  banditMetric,
  type LedgerOutcomes,
  lookAtAb,
  lookAtBandit,
  nextShare,
  segmentsIn,
} from '../experiment/index.ts'
import { SPEC } from '../testing.ts'
import type { Arm, RolloutEvent, Strategy } from '../types.ts'
import { explainRecord } from './explain.ts'
import { readRecord } from './read.ts'
import { aBasis, analysed, aSigner, GOOD, HARMFUL, payloadsOf, READY } from './testing.ts'
import { type DecisionRecord, MAX_RECORD_BYTES, RECORD_TYPE } from './types.ts'
import { type RecordEnvelope, type Verification, verifyRecords } from './verify.ts'

const ID = 'rol_1' as RolloutId
const signer = aSigner()
const signed = (payloads: readonly string[]) => payloads.map(payload => signer.sign(payload))
const verified = (envelopes: readonly RecordEnvelope[]) => verifyRecords(ID, envelopes, [signer.key])
const told = ({ findings }: Verification) => findings.map(({ place, kind }) => `${place} ${kind}`)
const read = (payload: string): DecisionRecord => readRecord(Buffer.from(payload)) as DecisionRecord

/** The same payload with something else in it, signed again by who may. */
function changed(payload: string, change: (text: string) => string): string {
  const other = change(payload)
  if (other === payload) throw new Error('Nothing was changed')
  return other
}

describe('records', () => {
  test.each([
    ['promoted', GOOD],
    ['rolled back', HARMFUL],
    ['aborted by a person', [...READY, { kind: 'abort', by: 'ada', reason: 'the data was wrong' }]],
    ['promoted by a person', [...READY, { kind: 'promote', by: 'ada' }]],
    ['superseded', [{ kind: 'superseded', by: 'rol_2' as RolloutId }]],
    ['whose replica failed', [...READY, { kind: 'replicas-failed', reason: 'parity' }]],
    [
      'freed and ended',
      [
        { kind: 'override', by: 'ada' },
        { kind: 'abort', by: 'ada' },
      ],
    ],
  ] as const)('of a rollout that was %s hold', (_, events: readonly RolloutEvent[]) => {
    const verification = verified(signed(payloadsOf(events)))
    expect(verification).toMatchObject({ verdict: 'passed', findings: [] })
    expect(verification.records.map(({ signedBy }) => signedBy)).toEqual(events.map(() => signer.key.id))
  })

  test('are the same bytes however they were put together', () => {
    const [payload] = payloadsOf(READY)
    expect(payload).toBe(payloadsOf(READY)[0])
    expect(payload).not.toContain('revision')
  })

  test('hold without an end as far as they go, which does not show that they are all', () => {
    const envelopes = signed(payloadsOf(READY))
    expect(told(verified(envelopes))).toEqual(['2 unfinished'])
    expect(verified(envelopes).verdict).toBe('inconclusive')
    expect(verifyRecords(ID, envelopes, [signer.key], 'progressing').verdict).toBe('passed')
    expect(told(verifyRecords(ID, envelopes, [signer.key], 'aborted'))).toEqual(['2 order'])
  })

  test('that are not there are no pass', () => {
    expect(verified([])).toMatchObject({ verdict: 'inconclusive' })
  })
})

describe('what is wrong is said of the record that it is wrong in', () => {
  const payloads = payloadsOf(HARMFUL)
  const envelopes = signed(payloads)
  const replaced = (place: number, envelope: RecordEnvelope) => envelopes.with(place - 1, envelope)

  test('a changed digit', () => {
    const text = Buffer.from(envelopes[3]!.payload, 'base64').toString()
    const payload = changed(text, before => before.replace('"canaryRequests":5000', '"canaryRequests":5001'))
    const verification = verified(
      replaced(4, { ...envelopes[3]!, payload: Buffer.from(payload).toString('base64') }),
    )
    expect(told(verification)).toEqual(['4 signature'])
    expect(verification.findings[0]?.message).toContain(`after key ${signer.key.id} signed it`)
    expect(verification.verdict).toBe('failed')
  })

  test('another key, which says so itself', () => {
    const other = aSigner()
    const verification = verified(replaced(2, other.sign(payloads[1]!)))
    expect(told(verification)).toEqual(['2 signature'])
    expect(verification.findings[0]?.message).toContain(other.key.id)
    expect(verification.findings[0]?.message).toContain(signer.key.id)
  })

  test('a signature over another kind of thing', () => {
    const { payload } = envelopes[0]!
    const envelope = { ...envelopes[0]!, payload, payloadType: 'application/json' }
    expect(told(verified(replaced(1, envelope)))).toEqual(['1 unreadable', '1 signature'])
  })

  test('a missing record, in the middle and at the begin', () => {
    expect(told(verified(envelopes.toSpliced(2, 1)))).toEqual(['3 order', '3 chain'])
    expect(told(verified(envelopes.slice(1)))).toEqual(['1 order'])
  })

  test('the last one missing', () => {
    expect(told(verified(envelopes.slice(0, -1)))).toEqual(['3 unfinished'])
  })

  test('records in another order, or twice', () => {
    const [a, b, c, d] = envelopes
    expect(told(verified([a!, c!, b!, d!]))).toEqual([
      '2 order',
      '2 chain',
      '3 order',
      '3 chain',
      '4 order',
      '4 chain',
    ])
    expect(told(verified([a!, b!, b!, c!, d!]))).toContain('3 order')
  })

  test("another rollout's records", () => {
    const others = signed(payloadsOf(HARMFUL, { id: 'rol_2' as RolloutId }))
    expect(told(verified(others))).toEqual([1, 2, 3, 4].map(place => `${place} rollout`))
    expect(told(verified(replaced(3, others[2]!)))).toEqual(['3 rollout', '3 chain', '4 chain'])
  })

  test('one that was signed, and whose chain was made anew, but does not follow', () => {
    const forged = (change: (text: string) => string) => {
      const last = changed(payloads[3]!, change)
      return verified(replaced(4, signer.sign(last)))
    }
    const harm = forged(text => text.replace('"verdict":"failed"', '"verdict":"passed"'))
    expect(told(harm)).toContain('4 evidence')
    const state = forged(text => text.replace('"phase":"aborted"', '"phase":"promoted"'))
    expect(told(state)).toEqual(['4 state'])
    expect(state.findings[0]?.message).toContain('phase "promoted", computed "aborted"')
    const figure = forged(text => text.replace(/"spent":1/, '"spent":0.5'))
    expect(told(figure)).toEqual(['4 evidence'])
    const counts = forged(text => text.replace(/\[1,600\]/, '[1,6]'))
    expect(told(counts)).toEqual(['4 evidence'])
  })

  test('one that passed on fewer requests than its strategy asks for', () => {
    const few = analysed(aBasis(1, 1), 49)
    const [, , last] = payloadsOf([...READY, { ...few, analysis: { ...few.analysis } }])
    const findings = told(verified(signed(payloadsOf(READY).concat(last!))))
    expect(findings).toContain('3 evidence')
  })

  test.each([
    ['no JSON', 'hello', 'no JSON'],
    ['another kind', '{"kind":"ballast.rollout.decision/2"}', 'kind'],
    ['a shape of its own', JSON.stringify({ ...read(payloads[0]!), sequence: 0 }), 'sequence'],
    [
      'a histogram without end',
      JSON.stringify({ ...read(payloads[0]!), latency: { 99999999999: 1 } }),
      'count',
    ],
    ['a depth without end', `{"x":${'['.repeat(50)}${']'.repeat(50)}}`, 'count'],
    ['too many bytes', JSON.stringify('x'.repeat(MAX_RECORD_BYTES)), 'at most'],
  ])('one that is none: %s', (_, payload, message) => {
    const verification = verified([signer.sign(payload)])
    expect(told(verification)).toEqual(['1 unreadable'])
    expect(verification.findings[0]?.message).toContain(message)
  })

  test('evidence of a shape that nothing can be computed from', () => {
    const last = changed(payloads[3]!, text => text.replace('"kind":"rate"', '"kind":"odd"'))
    expect(told(verified(replaced(4, signer.sign(last))))).toEqual(['4 evidence'])
  })

  test('no signature yet, with the reason', () => {
    const unsigned = { ...envelopeOf(RECORD_TYPE, payloads[3]!, []), unsigned: 'the vault is sealed' }
    const verification = verified(replaced(4, unsigned))
    expect(told(verification)).toEqual(['4 unsigned'])
    expect(verification.findings[0]?.message).toContain('the vault is sealed')
    expect(verification.verdict).toBe('inconclusive')
  })

  test('no keys at all', () => {
    expect(verifyRecords(ID, envelopes, []).findings.map(({ kind }) => kind)).toEqual(
      envelopes.map(() => 'signature'),
    )
    expect(verifyRecords(ID, envelopes, [publicKeyOf(aJwk())]).verdict).toBe('failed')
  })
})

function aJwk() {
  return aSigner().key.key.export({ format: 'jwk' })
}

test('evidence that makes a record too large is left out, and that is said', () => {
  const basis = aBasis(60, 1)
  const padding = { x: 'x'.repeat(MAX_RECORD_BYTES) }
  const event = { ...analysed(basis), basis: { ...basis, padding } }
  const payloads = payloadsOf([...READY, event])
  expect(Buffer.byteLength(payloads[2]!)).toBeLessThan(10_000)
  const verification = verified(signed(payloads))
  expect(verification).toMatchObject({ verdict: 'inconclusive' })
  expect(told(verification)).toEqual(['3 no evidence'])
  expect(verification.findings[0]?.message).toMatch(/104\d{4} bytes/)
})

test('an interval without an end is kept, and computed again', () => {
  const event = analysed(aBasis(60, 1))
  const [metric] = event.analysis.metrics
  const analysis = {
    ...event.analysis,
    metrics: [{ ...metric!, interval: [0, Number.POSITIVE_INFINITY] as const }],
  }
  const payload = payloadsOf([...READY, { ...event, analysis }])[2]!
  expect(payload).toContain('1.7976931348623157e+308')
  expect(told(verified(signed(payloadsOf([...READY, { ...event, analysis }]))))).toEqual(['3 evidence'])
})

describe('an A/B', () => {
  const strategy = {
    ...{ kind: 'ab', split: 0.5, metric: 'errors', effect: 0.01, otherwise: 'keep', analysis: SPEC },
    horizon: { kind: 'requests', requests: 4000 },
  } as const satisfies Strategy
  const arm = (errors: number) => ({ requests: 2000, errors, latency: { 400: 2000 - errors } })
  const seen = { outcomes: {}, counts: { canary: arm(10), stable: arm(100), baseline: arm(100) } }
  const { verdict, metric } = lookAtAb(strategy, seen, 60_000)
  const analysis = { verdict, metrics: [metric], canaryRequests: 2000, baselineRequests: 2000 }
  const concluded: RolloutEvent = { kind: 'concluded', analysis, step: 0, seen, elapsed: 60_000 }
  const payloads = (event: RolloutEvent) => payloadsOf([...READY, event], { strategy })
  const found = (event: RolloutEvent) => told(verified(signed(payloads(event))))

  test('is decided again from its counts', () => {
    expect(verdict).toBe('passed')
    expect(found(concluded)).toEqual([])
    expect(explainRecord(read(payloads(concluded)[2]!))).toMatch(
      /^The A\/B of v7 was decided after 2,000 requests\. Promoted at its horizon: /,
    )
  })

  test('does not follow from other counts, another figure, or a longer time', () => {
    const fewer = { ...seen, counts: { ...seen.counts, canary: arm(90) } }
    expect(found({ ...concluded, seen: fewer })).toEqual(['3 evidence'])
    expect(found({ ...concluded, elapsed: 60_001 })).toEqual(['3 evidence'])
    const other = { ...analysis, metrics: [{ ...metric, canary: metric.canary + 1e-6 }] }
    expect(found({ ...concluded, analysis: other })).toEqual(['3 evidence'])
    const soon = {
      ...seen,
      counts: Object.fromEntries(
        Object.entries(seen.counts).map(([name, { errors }]) => [
          name,
          { requests: 900, errors, latency: {} },
        ]),
      ),
    }
    expect(found({ ...concluded, seen: soon })).toEqual(['3 evidence'])
  })
})

describe('a bandit', () => {
  const strategy = {
    ...{ kind: 'bandit', start: 0.2, explore: 0.05, most: 0.9, every: 60_000, minRewards: 50, margin: 0.05 },
    ...{ horizon: { kind: 'time', ms: 3_600_000 }, analysis: SPEC },
  } as const satisfies Strategy
  const rewards = (arm: Arm, step: number, count: number, sum: number): LedgerOutcomes => {
    const sample = (count: number, sum: number) => ({ total: { count, sum, squares: sum }, groups: [] })
    return { step, ledger: 'g', arm, outcomes: { rewards: sample(count, sum), correct: sample(0, 0) } }
  }
  const judged = (told: readonly LedgerOutcomes[], elapsed: number) => {
    const look = lookAtBandit(strategy, segmentsIn(told), elapsed)
    const metrics = [banditMetric(strategy, look)]
    return { look, analysis: { verdict: look.verdict, metrics, canaryRequests: 300, baselineRequests: 300 } }
  }
  const few = [rewards('canary', 0, 60, 30), rewards('stable', 0, 60, 20)]
  const first = judged(few, 60_000)
  const share = nextShare(strategy, first.look, { share: 0.2, changes: 0, sinceChange: 60_000 })!
  const moved = {
    kind: 'reweighed',
    step: 0,
    share,
    rewards: few,
    elapsed: 60_000,
    analysis: first.analysis,
  } as const
  const many = [...few, rewards('canary', 1, 3000, 1800), rewards('stable', 1, 3000, 900)]
  const last = judged(many, 120_000)
  const settled = {
    kind: 'settled',
    step: 1,
    rewards: many,
    elapsed: 120_000,
    analysis: last.analysis,
  } as const
  const payloads = (...events: readonly RolloutEvent[]) => payloadsOf([...READY, ...events], { strategy })
  const found = (...events: readonly RolloutEvent[]) => told(verified(signed(payloads(...events))))

  test('is decided again from its rewards, share by share', () => {
    expect([share > 0.2, last.look.verdict]).toEqual([true, 'passed'])
    expect(found(moved, settled)).toEqual([])
    const sentences = payloads(moved, settled).map(payload => explainRecord(read(payload)))
    expect(sentences[2]).toMatch(/^Gave v7 \d+ % of the traffic after 300 requests\. From 20 % to /)
    expect(sentences[3]).toMatch(/^The bandit of v7 was decided after 300 requests\. Promoted: reward /)
  })

  test('does not follow from other rewards, nor to another share', () => {
    expect(found({ ...moved, share: share + 0.05 }, settled)).toEqual(['3 evidence'])
    expect(found({ ...moved, rewards: [few[1]!, rewards('canary', 0, 60, 29)] }, settled)).toEqual([
      '3 evidence',
    ])
    expect(found(moved, { ...settled, rewards: few })).toEqual(['4 evidence'])
    expect(found(moved, { ...settled, elapsed: 3_600_001 })).toEqual(['4 evidence'])
  })
})

describe('in a sentence', () => {
  const last = (events: readonly RolloutEvent[], facts = {}, change = {}) =>
    explainRecord(read(payloadsOf(events, change, facts).at(-1)!))

  test('rolled back by its evidence', () => {
    expect(last(HARMFUL)).toMatch(
      /^Rolled back v7 at 25 % after 5,000 requests: errors 12 % vs 0\.2 %; the budget of false rollbacks \(5 %\) was used up, evidence of errors: \d+\.\d of 3\.0 nats\.$/,
    )
  })

  test('on its way, and promoted with who approved it', () => {
    expect(last(GOOD.slice(0, 3))).toBe(
      'Moved v7 on from 5 % to 25 % after 5,000 requests: errors 0.2 % vs 0.2 %.',
    )
    const approvals = [{ by: 'bob', at: 1 }]
    expect(last(GOOD, { approvals })).toBe(
      'Promoted v7 at 50 % after 5,000 requests: errors 0.2 % vs 0.2 %. Its deployment was approved by bob.',
    )
  })

  test.each([
    [[{ kind: 'dequeued' }], 'The turn of v7 came, over v6: its replicas load, warm up and are checked.'],
    [READY, 'Began with v7 at 5 %: its replicas are ready.'],
    [
      [...READY, { kind: 'promote', by: 'ada' }],
      'ada promoted v7 at 5 %, step 1 of 3, before the analysis had passed.',
    ],
    [
      [...READY, { kind: 'abort', by: 'ada', reason: 'wrong data' }],
      'ada ended the rollout of v7 at 5 %: wrong data.',
    ],
    [[{ kind: 'abort', by: 'ada' }], 'ada ended the rollout of v7 while it waited.'],
    [
      [...READY, { kind: 'replicas-failed', reason: 'parity' }],
      'Rolled back v7 at 5 %: its replicas did not hold (parity).',
    ],
    [
      [READY[0]!, { kind: 'replicas-failed', reason: 'no memory' }],
      'Gave up v7 before it took traffic: its replicas did not hold (no memory).',
    ],
    [[{ kind: 'refused', reason: 'staging gave it up' }], 'Gave up v7 while it waited: staging gave it up.'],
    [
      [{ kind: 'superseded', by: 'rol_2' as RolloutId }],
      'v7 was superseded while it waited: rollout rol_2 brings a newer one.',
    ],
    [
      [{ kind: 'override', by: 'ada', reason: 'a fix' }],
      'ada let v7 go on in spite of the calendars: a fix.',
    ],
    [[{ kind: 'pause', by: 'ada', reason: 'lunch' }], 'ada paused v7 while it waited: lunch.'],
  ] as const)('%#', (events: readonly RolloutEvent[], sentence) => {
    expect(last(events)).toBe(sentence)
  })

  test('a return by hand, and all traffic at once', () => {
    const immediate = { strategy: { kind: 'immediate' }, phase: 'preparing' } as const
    expect(last([{ kind: 'replicas-ready' }], {}, immediate)).toBe(
      'Promoted v7 at once after warm-up and parity check.',
    )
    expect(last([{ kind: 'replicas-ready' }], {}, { ...immediate, job: undefined })).toBe(
      'Returned to v7, as ada asked.',
    )
  })

  test('what was known when a person decided', () => {
    const { analysis: known } = analysed(aBasis(1, 1), 1)
    expect(last([...READY, { kind: 'abort', by: 'ada' }], { known })).toBe(
      'ada ended the rollout of v7 at 5 %. Known by then, after 1 request: errors 0.2 % vs 0.2 %.',
    )
  })
})
