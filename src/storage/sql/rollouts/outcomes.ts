import type { RolloutStore } from '../../../rollout/ports.ts'
import { ARMS } from '../../../rollout/types.ts'
import { has, isRecord } from '../json.ts'
import { RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type Sample = Awaited<ReturnType<RolloutStore['outcomes']>>[number]['outcomes']['rewards']

export function outcomes(db: Db): Pick<RolloutStore, 'saveOutcomes' | 'outcomes'> {
  return {
    async saveOutcomes(rollout, { step, ledger, arm, outcomes: { rewards, correct } }) {
      const counted = rewards.total.count + correct.total.count
      const content = { counted, rewards: JSON.stringify(rewards), correct: JSON.stringify(correct) }
      await db
        .insertInto('rollout_outcomes')
        .values({ rollout, step, ledger, arm, ...content })
        .onConflict(conflict =>
          conflict
            .columns(['rollout', 'step', 'ledger', 'arm'])
            .doUpdateSet(content)
            .where('rollout_outcomes.counted', '<=', counted),
        )
        .execute()
    },
    async outcomes(rollout) {
      const query = db.selectFrom('rollout_outcomes').selectAll().where('rollout', '=', rollout)
      const rows = await query.orderBy('step').orderBy('arm').orderBy('ledger').execute()
      return rows.map(row => {
        const read = new RowReader('rollout_outcomes', row)
        const [rewards, correct] = [read.json('rewards', isSample), read.json('correct', isSample)]
        return {
          step: read.number('step'),
          ledger: read.text('ledger'),
          arm: read.choice('arm', ARMS),
          outcomes: { rewards, correct },
        }
      })
    },
  }
}

const isSums = has<Sample['total']>({ count: 'number', sum: 'number', squares: 'number' })

function isSample(value: unknown): value is Sample {
  if (!isRecord(value) || !isSums(value['total'])) return false
  const { groups } = value
  return groups === undefined || (Array.isArray(groups) && groups.every(isSums))
}
