import type { RolloutRecords } from '../../../api/index.ts'
import { isoOf, type PublicKey, publicKeyOf, type RolloutId } from '../../../core/index.ts'
import {
  explainRecord,
  type RecordFinding,
  type RolloutPhase,
  type Verification,
  verifyRecords,
} from '../../../rollout/index.ts'
import { paint } from '../../report.ts'

export const EXIT: Readonly<Record<Verification['verdict'], number>> = {
  passed: 0,
  failed: 1,
  inconclusive: 2,
}

export interface Verified {
  readonly rollout: string
  readonly verdict: Verification['verdict']
  readonly records: readonly {
    readonly place: number
    readonly at: string | null
    readonly sentence: string | null
    readonly signedBy: string | null
  }[]
  readonly findings: readonly RecordFinding[]
  /** Ids of the keys, and whether somebody named them: what comes with records says nothing about who signed. */
  readonly keys: { readonly ids: readonly string[]; readonly trusted: boolean }
}

export function verified(
  rollout: RolloutId,
  { records, keys: included }: RolloutRecords,
  trusted: readonly PublicKey[] | undefined,
  phase: RolloutPhase | undefined,
): Verified {
  const keys = trusted ?? included.map(publicKeyOf)
  const result = verifyRecords(rollout, records, keys, phase)
  return {
    rollout,
    verdict: result.verdict,
    records: result.records.map(({ place, record, signedBy }) => ({
      place,
      at: record ? isoOf(record.at) : null,
      sentence: record ? explainRecord(record) : null,
      signedBy: signedBy ?? null,
    })),
    findings: result.findings,
    keys: { ids: keys.map(({ id }) => id), trusted: trusted !== undefined },
  }
}

export function describeVerified({ records, findings, verdict, rollout, keys }: Verified): string {
  const lines = records.flatMap(({ place, at, sentence }) => {
    const own = findings.filter(finding => finding.place === place)
    const mark = own.length === 0 ? 'holds' : 'see below'
    return [`${String(place).padStart(3)}  ${at ?? '?'}  ${mark}: ${sentence ?? 'unreadable'}`]
  })
  const told = findings.map(({ place, kind, message }) => `record ${place}, ${kind}: ${message}`)
  const by = keys.trusted
    ? `Checked by ${keys.ids.join(', ')}.`
    : `Checked by the keys that came with them (${keys.ids.join(', ')}): name those that you trust with --key.`
  return [...lines, ...told, summary(verdict, records.length, rollout), by].join('\n')
}

function summary(verdict: Verification['verdict'], count: number, rollout: string): string {
  const records = `${count} ${count === 1 ? 'record' : 'records'} of ${rollout}`
  switch (verdict) {
    case 'passed':
      return paint(
        'green',
        `${records}: signed, complete, and each follows from what it holds.`,
        process.stdout,
      )
    case 'failed':
      return paint('red', `${records}: not as they were decided.`, process.stdout)
    case 'inconclusive':
      return paint(
        'yellow',
        `${records}: nothing wrong was found, and not all could be checked.`,
        process.stdout,
      )
  }
}
