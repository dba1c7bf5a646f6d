/** Records as a server writes them: for the tests of this folder and of what prints them. */
import {
  type Envelope,
  envelopeOf,
  instant,
  makeSigningKey,
  type ProjectId,
  type PublicKey,
  publicKeyOf,
  signPayload,
} from '../../core/index.ts'
import { advance } from '../advance.ts'
import { decide, type Evidence, type EvidencePolicy, noEvidence, observe } from '../evidence/index.ts'
import type { StoredRollout } from '../ports.ts'
import { aRollout, NOON, V1, V2 } from '../testing.ts'
import type { Analysis, Basis, RolloutEvent } from '../types.ts'
import { RECORD_TYPE } from './types.ts'
import { type RecordFacts, recordDigest, recordPayload } from './write.ts'

const DIGEST = `sha256:${'ab'.repeat(32)}` as RecordFacts['candidate']['digest']
const ERRORS = { kind: 'rate', name: 'errors', tolerance: 0.002, margin: 0.01 } as const
const POLICY: EvidencePolicy = { metrics: [ERRORS], confidence: 0.95 }

/** What so many errors in so many requests of each arm say, look by look. */
export function aBasis(canary: number, baseline: number, requests = 500, looks = 10): Basis {
  let evidence: Evidence = noEvidence('rate')
  for (let look = 0; look < looks; look++)
    evidence = observe(ERRORS, evidence, {
      canary: { count: canary, total: requests },
      baseline: { count: baseline, total: requests },
    })
  return { policy: POLICY, evidence: [evidence] }
}

export function analysed(basis: Basis, requests = 5000): Extract<RolloutEvent, { kind: 'analysed' }> {
  const { verdict, spent, metrics } = decide(basis.policy, basis.evidence)
  const analysis: Analysis = {
    verdict,
    spent,
    canaryRequests: requests,
    baselineRequests: requests,
    metrics: metrics.map(
      ({ harm, harmNeeded, pass, passNeeded, metric, canary, baseline, interval, verdict }) => ({
        metric,
        canary,
        baseline,
        interval,
        verdict,
        margin: ERRORS.margin,
        summary: `errors ${canary * 100} % vs ${baseline * 100} %`,
        evidence: { harm, harmNeeded, pass, passNeeded },
      }),
    ),
  }
  return { kind: 'analysed', analysis, basis }
}

export const READY: readonly RolloutEvent[] = [{ kind: 'dequeued', stable: V1 }, { kind: 'replicas-ready' }]
/** Every step passes by its own evidence. */
export const GOOD: readonly RolloutEvent[] = [...READY, ...[1, 2, 3].map(() => analysed(aBasis(1, 1)))]
/** The second step shows the harm. */
export const HARMFUL: readonly RolloutEvent[] = [...READY, analysed(aBasis(1, 1)), analysed(aBasis(60, 1))]

/** Signs, as a server does. */
export interface Signer {
  readonly key: PublicKey
  sign(payload: string): Envelope
}

export function aSigner(): Signer {
  const { publicJwk, privateKey } = makeSigningKey()
  const key = publicKeyOf(publicJwk)
  return {
    key,
    sign: payload =>
      envelopeOf(RECORD_TYPE, payload, [signPayload({ id: key.id, privateKey }, RECORD_TYPE, payload)]),
  }
}

/** The payloads of a rollout to which these events happen, a minute apart. */
export function payloadsOf(
  events: readonly RolloutEvent[],
  change: Partial<StoredRollout> = {},
  facts: Partial<RecordFacts> = {},
): readonly string[] {
  const { id, candidate, ...rest } = aRollout()
  const origin = { by: 'ada', job: 'job_1' as never, project: 'prj_1' as ProjectId, revision: 1 }
  let from: StoredRollout = { id, candidate, ...rest, ...origin, ...change }
  const payloads: string[] = []
  for (const [i, event] of events.entries()) {
    const at = instant(NOON + (i + 1) * 60_000)
    const to: StoredRollout = { ...from, ...advance(from, event, at), revision: from.revision + 1 }
    const previous = payloads.at(-1)
    payloads.push(
      recordPayload(
        {
          sequence: i + 1,
          ...(previous !== undefined && { previous: recordDigest(previous) }),
          at,
          decision: { kind: event.kind === 'analysed' ? 'analysis' : 'checks' },
          project: { id: origin.project, name: 'digits' },
          candidate: { id: V2, number: 7, digest: DIGEST },
          stable: { id: V1, number: 6, digest: DIGEST },
          approvals: [],
          ballast: { version: '0.1.0', commit: 'c0ffee'.padEnd(40, '0') },
          ...facts,
        },
        from,
        event,
        to,
      ),
    )
    const { stable: _, ...asked } = from
    from = { ...asked, ...to }
  }
  return payloads
}
