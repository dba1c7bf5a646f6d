import type { AccessStore } from '../../../access/ports.ts'
import type { ApprovalRule, EnvironmentPolicy } from '../../../access/types.ts'
import { calendarIn, calendarText } from '../calendars.ts'
import { has, isLimits, isTexts } from '../json.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type PolicyStore = Pick<AccessStore, 'policy' | 'policies' | 'setPolicy'>

export function policies(db: Db): PolicyStore {
  return {
    async policy(project, environment) {
      const row = await db
        .selectFrom('policies')
        .selectAll()
        .where('project', '=', project)
        .where('environment', '=', environment)
        .executeTakeFirst()
      return row && policyOf(row)
    },
    async policies(project) {
      const query = db.selectFrom('policies').selectAll().where('project', '=', project)
      return (await query.orderBy('environment').execute()).map(policyOf)
    },
    async setPolicy(project, policy) {
      const { environment } = policy
      const content = {
        branches: JSON.stringify(policy.branches),
        approvers: policy.approvers ?? null,
        gates: JSON.stringify(policy.gates),
        max_first_step: policy.maxFirstStep,
        predictions: policy.predictions,
        limits: policy.limits ? JSON.stringify(policy.limits) : null,
        calendar: calendarText(policy.calendar),
        approval: policy.approval ? JSON.stringify(policy.approval) : null,
        promote_from: policy.from ?? null,
      }
      await db
        .insertInto('policies')
        .values({ project, environment, ...content })
        .onConflict(conflict => conflict.columns(['project', 'environment']).doUpdateSet(content))
        .execute()
    },
  }
}

const isApproval = has<ApprovalRule>({ byOthers: 'boolean' })

function policyOf(row: object): EnvironmentPolicy {
  const read = new RowReader('policies', row)
  return {
    environment: read.text('environment'),
    branches: read.json('branches', isTexts),
    gates: read.json('gates', isTexts),
    maxFirstStep: read.number('max_first_step'),
    predictions: read.choice('predictions', ['token', 'public']),
    ...present({
      approvers: read.optional('approvers', column => read.choice(column, ['maintainer', 'admin'] as const)),
      limits: read.optional('limits', column => read.json(column, isLimits)),
      calendar: calendarIn(read),
      approval: read.optional('approval', column => read.json(column, isApproval)),
      from: read.optional('promote_from', column => read.text(column)),
    }),
  }
}
