import type { RolloutStore } from '../../../rollout/ports.ts'
import { ARMS, type Arm, type ArmCounts } from '../../../rollout/types.ts'
import { isRecord } from '../json.ts'
import { RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

export function counts(db: Db): Pick<RolloutStore, 'saveCounts' | 'counts'> {
  return {
    async saveCounts(rollout, step, epoch, arm, { requests, errors, latency }) {
      const content = { requests, errors, latency: JSON.stringify(latency) }
      await db
        .insertInto('rollout_counts')
        .values({ rollout, step, epoch, arm, ...content })
        .onConflict(conflict => conflict.columns(['rollout', 'step', 'epoch', 'arm']).doUpdateSet(content))
        .execute()
    },
    async counts(rollout, step) {
      const query = db.selectFrom('rollout_counts').selectAll().where('rollout', '=', rollout)
      const sums: Partial<Record<Arm, ArmCounts>> = {}
      for (const row of await query.where('step', '=', step).execute()) {
        const arm = new RowReader('rollout_counts', row).choice('arm', ARMS)
        sums[arm] = sum(sums[arm], countsOf(row))
      }
      return sums
    },
  }
}

function sum(a: ArmCounts | undefined, b: ArmCounts): ArmCounts {
  if (!a) return b
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    latency: sumOfHistograms(a.latency, b.latency),
  }
}

export function sumOfHistograms(a: ArmCounts['latency'], b: ArmCounts['latency']): ArmCounts['latency'] {
  const sums = { ...a }
  for (const [bucket, count] of Object.entries(b)) sums[Number(bucket)] = (sums[Number(bucket)] ?? 0) + count
  return sums
}

export function isHistogram(value: unknown): value is Readonly<Record<number, number>> {
  return (
    isRecord(value) &&
    Object.entries(value).every(([bucket, count]) => /^\d+$/.test(bucket) && Number.isSafeInteger(count))
  )
}

function countsOf(row: object): ArmCounts {
  const read = new RowReader('rollout_counts', row)
  return {
    requests: read.number('requests'),
    errors: read.number('errors'),
    latency: read.json('latency', isHistogram),
  }
}
