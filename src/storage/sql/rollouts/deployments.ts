import { newId, type ProjectId, type VersionId } from '../../../core/index.ts'
import type { Deployment, RolloutStore } from '../../../rollout/ports.ts'
import type { TrafficPlan } from '../../../rollout/types.ts'
import { isRecord } from '../json.ts'
import { addMove } from '../registry/versions/moves.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

export function deployments(db: Db): Pick<RolloutStore, 'deployment' | 'deployments' | 'removeDeployment'> {
  return {
    async deployment(model, environment) {
      const query = db.selectFrom('deployments').selectAll().where('model', '=', model)
      const row = await query.where('environment', '=', environment).executeTakeFirst()
      return row && deploymentOf(row)
    },
    async deployments() {
      const query = db.selectFrom('deployments').selectAll()
      return (await query.orderBy('model').orderBy('environment').execute()).map(deploymentOf)
    },
    removeDeployment: (model, environment, removal) =>
      db.transaction().execute(async work => {
        const query = work.selectFrom('deployments').selectAll().where('model', '=', model)
        const row = await query.where('environment', '=', environment).executeTakeFirst()
        if (!row) return
        const { project, stable } = deploymentOf(row)
        await work
          .deleteFrom('deployments')
          .where('model', '=', model)
          .where('environment', '=', environment)
          .execute()
        await addMove(work, {
          ...removal,
          id: newId('move'),
          project,
          model,
          place: { kind: 'environment', name: environment },
          event: 'removed',
          version: stable,
          decision: { kind: 'person', by: removal.by },
        })
      }),
  }
}

export async function saveDeployment(work: Db, deployment: Deployment): Promise<void> {
  const { model, environment, project, stable, previous, previousUntil, since, traffic } = deployment
  const content = {
    project,
    stable,
    previous: previous ?? null,
    previous_until: previousUntil ?? null,
    since,
    traffic: traffic ? JSON.stringify(traffic) : null,
  }
  await work
    .insertInto('deployments')
    .values({ model, environment, ...content })
    .onConflict(conflict => conflict.columns(['model', 'environment']).doUpdateSet(content))
    .execute()
}

/** What was checked when its file was read. */
export function isTraffic(value: unknown): value is TrafficPlan {
  return isRecord(value) && Object.values(value).every(member => typeof member === 'object')
}

function deploymentOf(row: object): Deployment {
  const read = new RowReader('deployments', row)
  return {
    project: read.text<ProjectId>('project'),
    model: read.text('model'),
    environment: read.text('environment'),
    stable: read.text<VersionId>('stable'),
    since: read.instant('since'),
    ...present({
      previous: read.optional('previous', column => read.text<VersionId>(column)),
      previousUntil: read.optional('previous_until', column => read.instant(column)),
      traffic: read.optional('traffic', column => read.json(column, isTraffic)),
    }),
  }
}
