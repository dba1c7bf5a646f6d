import {
  type Digest,
  type Envelope,
  type PublicKey,
  payloadOf,
  type RolloutId,
  signerOf,
  type Verdict,
} from '../../core/index.ts'
import { hasEnded } from '../transitions.ts'
import type { RolloutPhase } from '../types.ts'
import { readRecord } from './read.ts'
import { evidenceProblem, stateProblem } from './recompute.ts'
import { type DecisionRecord, RECORD_TYPE } from './types.ts'
import { recordDigest } from './write.ts'

/** An envelope as it is kept; `unsigned`: why it has no signature yet. */
export type RecordEnvelope = Envelope & { readonly unsigned?: string | undefined }

/**
 * What is wrong with a record: it is no record, its signature does not hold, it is of another rollout, records before
 * it are missing or others, the state machine leads elsewhere, its evidence gives another verdict or figure. And what
 * keeps it from being checked: it has no signature yet, or no evidence.
 */
export type RecordProblem = 'unreadable' | 'signature' | 'rollout' | 'order' | 'chain' | 'state' | 'evidence'
export type RecordGap = 'unsigned' | 'no evidence' | 'unfinished'

export interface RecordFinding {
  /** Its place among those that were given, from 1. */
  readonly place: number
  readonly kind: RecordProblem | RecordGap
  readonly message: string
}

export interface CheckedRecord {
  readonly place: number
  readonly record?: DecisionRecord
  /** Id of the key. */
  readonly signedBy?: string
  readonly digest: Digest | undefined
}

export interface Verification {
  /** failed: a problem was found. inconclusive: something could not be checked. No records are no pass. */
  readonly verdict: Exclude<Verdict, 'not applicable'>
  readonly records: readonly CheckedRecord[]
  readonly findings: readonly RecordFinding[]
}

const GAPS: ReadonlySet<RecordFinding['kind']> = new Set<RecordGap>(['unsigned', 'no evidence', 'unfinished'])

/**
 * Checks a rollout's records, oldest first: each is signed by one of the keys, names the one before it and goes on
 * where that one ended, and what it decided follows from what it holds. Pure: needs neither server nor clock.
 * `phase`: where the rollout stands, if somebody knows; then records that end earlier are not taken for all of them.
 */
export function verifyRecords(
  rollout: RolloutId,
  envelopes: readonly RecordEnvelope[],
  keys: readonly PublicKey[],
  phase?: RolloutPhase,
): Verification {
  const findings: RecordFinding[] = []
  const records: CheckedRecord[] = []
  for (const [i, envelope] of envelopes.entries()) {
    const place = i + 1
    const say = (kind: RecordFinding['kind'], message: string) => findings.push({ place, kind, message })
    const record = checkedRecord(place, envelope, keys, say)
    if (record.record) {
      checkPlace(rollout, record.record, records.at(-1), say)
      checkDecision(record.record, say)
    }
    records.push(record)
  }
  const end = endOf(records, phase)
  if (end) findings.push({ place: envelopes.length, ...end })
  return { verdict: verdictOf(findings), records, findings }
}

type Say = (kind: RecordFinding['kind'], message: string) => void

function checkedRecord(
  place: number,
  envelope: RecordEnvelope,
  keys: readonly PublicKey[],
  say: Say,
): CheckedRecord {
  const payload = payloadOf(envelope)
  const digest = payload && recordDigest(payload)
  if (payload === undefined) say('unreadable', 'it is no base64')
  if (envelope.payloadType !== RECORD_TYPE)
    say('unreadable', `it says that it is ${envelope.payloadType}, not ${RECORD_TYPE}`)
  const signer = signerOf(envelope, keys)
  if (!signer) saySignature(envelope, keys, say)
  const read = payload && readRecord(payload)
  if (read && 'unreadable' in read) say('unreadable', read.unreadable)
  return {
    place,
    digest,
    ...(read && !('unreadable' in read) && { record: read }),
    ...(signer && { signedBy: signer.id }),
  }
}

function saySignature({ signatures, unsigned }: RecordEnvelope, keys: readonly PublicKey[], say: Say): void {
  const [first] = signatures
  if (!first) return void say('unsigned', `it has no signature${unsigned ? `: ${unsigned}` : ''}`)
  if (keys.some(({ id }) => id === first.keyid))
    say('signature', `it was changed after key ${first.keyid} signed it`)
  else
    say(
      'signature',
      `it is signed by key '${first.keyid}', which is none of those to check by: ${keys.map(({ id }) => id).join(', ') || 'there are none'}`,
    )
}

/** That it stands where it belongs: in this rollout, behind the one that it names. */
function checkPlace(
  rollout: RolloutId,
  record: DecisionRecord,
  before: CheckedRecord | undefined,
  say: Say,
): void {
  const { sequence, previous, from, to } = record
  if (from.id !== rollout || to.id !== rollout)
    say('rollout', `it is of rollout ${from.id}, not of ${rollout}`)
  const expected = (before?.record?.sequence ?? before?.place ?? 0) + 1
  if (sequence > expected)
    say('order', `record ${sequence} stands where ${expected} belongs: some are missing`)
  else if (sequence < expected) say('order', `record ${sequence} stands where ${expected} belongs`)
  else if (previous !== before?.digest)
    say(
      'chain',
      before ? 'it names another record before it' : 'it names a record before it, and is the first',
    )
  const last = before?.record?.to
  if (last && (last.phase !== from.phase || last.step !== from.step || last.weight !== from.weight))
    say(
      'chain',
      `it goes on from ${from.phase} at step ${from.step + 1}, and the one before it ended ${last.phase} at step ${last.step + 1}`,
    )
}

function checkDecision(record: DecisionRecord, say: Say): void {
  const state = stateProblem(record)
  if (state) say('state', `${state}${byOther(record)}`)
  const evidence = evidenceProblem(record)
  if (evidence) say('evidence', `${evidence}${byOther(record)}`)
  const { event, leftOut } = record
  if (leftOut) say('no evidence', `its evidence of ${leftOut.bytes} bytes was too large to keep`)
  else if (event.kind === 'analysed' && !event.basis)
    say('no evidence', 'it holds no evidence to compute its verdict from')
}

function byOther({ ballast: { version, commit } }: DecisionRecord): string {
  return ` (decided by Ballast ${version}${commit ? `, ${commit.slice(0, 12)}` : ''})`
}

/** Records can be taken away from the end without a trace: only an end shows that none were. */
function endOf(
  records: readonly CheckedRecord[],
  phase: RolloutPhase | undefined,
): Omit<RecordFinding, 'place'> | undefined {
  if (records.length === 0) return { kind: 'unfinished', message: 'there is no record to check' }
  const last = records.at(-1)?.record?.to.phase
  if (last === undefined || hasEnded(last) || last === phase) return undefined
  const message = `the records end while it is ${last}: it is under way, or later ones are missing`
  return phase === undefined
    ? { kind: 'unfinished', message }
    : {
        kind: 'order',
        message: `the records end while it is ${last}, and it is ${phase}: later ones are missing`,
      }
}

function verdictOf(findings: readonly RecordFinding[]): Verification['verdict'] {
  if (findings.some(({ kind }) => !GAPS.has(kind))) return 'failed'
  return findings.length > 0 ? 'inconclusive' : 'passed'
}
