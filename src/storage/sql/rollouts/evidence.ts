import type { RolloutStore, StoredEvidence } from '../../../rollout/ports.ts'
import { has } from '../json.ts'
import { RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

export function evidence(db: Db): Pick<RolloutStore, 'evidence' | 'saveEvidence'> {
  return {
    async evidence(rollout) {
      const query = db.selectFrom('rollout_evidence').selectAll().where('rollout', '=', rollout)
      const row = await query.executeTakeFirst()
      if (!row) return undefined
      const read = new RowReader('rollout_evidence', row)
      return { state: read.json('state', isState), curve: read.json('curve', isCurve) }
    },
    async saveEvidence(rollout, { state, curve }) {
      const { changes } = state
      const content = { changes, state: JSON.stringify(state), curve: JSON.stringify(curve) }
      const query =
        changes === 1
          ? db
              .insertInto('rollout_evidence')
              .values({ rollout, ...content })
              .onConflict(conflict => conflict.column('rollout').doNothing())
              .returning('changes')
          : db
              .updateTable('rollout_evidence')
              .set(content)
              .where('rollout', '=', rollout)
              .where('changes', '=', changes - 1)
              .returning('changes')
      return (await query.executeTakeFirst()) !== undefined
    },
  }
}

const isState = has<StoredEvidence['state']>({
  step: 'number',
  policy: 'object',
  watched: 'array',
  evidence: 'array',
  changes: 'number',
})

const isPoint = has<StoredEvidence['curve'][number]>({
  index: 'number',
  at: 'number',
  spent: 'number',
  metrics: 'array',
})

function isCurve(value: unknown): value is StoredEvidence['curve'] {
  return Array.isArray(value) && value.every(isPoint)
}
