import type { RolloutStore } from '../../../rollout/ports.ts'
import type { ShadowCounts } from '../../../rollout/types.ts'
import { RowReader } from '../row.ts'
import type { Db } from '../stores.ts'
import { isHistogram, sumOfHistograms } from './counts.ts'

export function pairs(db: Db): Pick<RolloutStore, 'savePairs' | 'pairs'> {
  return {
    async savePairs(rollout, step, epoch, counts) {
      const content = {
        pairs: counts.pairs,
        identical: counts.identical,
        agreed: counts.agreed,
        compared: counts.compared,
        primary_errors: counts.primaryErrors,
        mirror_errors: counts.mirrorErrors,
        dropped: counts.dropped,
        primary_latency: JSON.stringify(counts.primaryLatency),
        latency: JSON.stringify(counts.latency),
      }
      await db
        .insertInto('rollout_pairs')
        .values({ rollout, step, epoch, ...content })
        .onConflict(conflict => conflict.columns(['rollout', 'step', 'epoch']).doUpdateSet(content))
        .execute()
    },
    async pairs(rollout, step) {
      const query = db.selectFrom('rollout_pairs').selectAll().where('rollout', '=', rollout)
      const rows = await query.where('step', '=', step).execute()
      return rows.map(countsOf).reduce<ShadowCounts | undefined>(sum, undefined)
    },
  }
}

function sum(a: ShadowCounts | undefined, b: ShadowCounts): ShadowCounts {
  if (!a) return b
  return {
    pairs: a.pairs + b.pairs,
    identical: a.identical + b.identical,
    agreed: a.agreed + b.agreed,
    compared: a.compared + b.compared,
    primaryErrors: a.primaryErrors + b.primaryErrors,
    mirrorErrors: a.mirrorErrors + b.mirrorErrors,
    dropped: a.dropped + b.dropped,
    primaryLatency: sumOfHistograms(a.primaryLatency, b.primaryLatency),
    latency: sumOfHistograms(a.latency, b.latency),
  }
}

function countsOf(row: object): ShadowCounts {
  const read = new RowReader('rollout_pairs', row)
  return {
    pairs: read.number('pairs'),
    identical: read.number('identical'),
    agreed: read.number('agreed'),
    compared: read.number('compared'),
    primaryErrors: read.number('primary_errors'),
    mirrorErrors: read.number('mirror_errors'),
    dropped: read.number('dropped'),
    primaryLatency: read.json('primary_latency', isHistogram),
    latency: read.json('latency', isHistogram),
  }
}
