import type {
  AttemptId,
  CommitId,
  EnvironmentDeploymentId,
  EnvironmentId,
  JobId,
  PipelineId,
  PrincipalId,
  ProjectId,
  RolloutId,
} from '../../../core/index.ts'
import type { DeliveryStore, Environment, EnvironmentDeployment } from '../../../pipeline/ports.ts'
import { present, RowReader } from '../row.ts'
import type { Db } from '../stores.ts'

type EnvironmentStore = Pick<
  DeliveryStore,
  | 'environment'
  | 'environmentByName'
  | 'environments'
  | 'environmentsOfRef'
  | 'environmentsDue'
  | 'environmentsStopping'
  | 'saveEnvironment'
  | 'environmentDeployment'
  | 'environmentDeployments'
>

const STATES = ['available', 'stopping', 'stopped'] as const
const ENDS = ['succeeded', 'failed'] as const

export function environments(db: Db): EnvironmentStore {
  const all = db.selectFrom('environments').selectAll()
  return {
    async environment(id) {
      const row = await all.where('id', '=', id).executeTakeFirst()
      return row && environmentOf(row)
    },
    async environmentByName(project, name) {
      const row = await all.where('project', '=', project).where('name', '=', name).executeTakeFirst()
      return row && environmentOf(row)
    },
    async environments(project) {
      return (await all.where('project', '=', project).orderBy('name').execute()).map(environmentOf)
    },
    async environmentsOfRef(project, ref) {
      const query = all.where('project', '=', project).where('ref', '=', ref).where('state', '=', 'available')
      return (await query.orderBy('name').execute()).map(environmentOf)
    },
    async environmentsDue(now) {
      const query = all.where('state', '=', 'available').where('auto_stop_at', '<=', now)
      return (await query.orderBy('auto_stop_at').orderBy('id').execute()).map(environmentOf)
    },
    async environmentsStopping() {
      return (await all.where('state', '=', 'stopping').orderBy('id').execute()).map(environmentOf)
    },
    ...deployments(db),
  }
}

function deployments(
  db: Db,
): Pick<EnvironmentStore, 'saveEnvironment' | 'environmentDeployment' | 'environmentDeployments'> {
  const all = db.selectFrom('environment_deployments').selectAll()
  return {
    saveEnvironment: (environment, from, deployment) =>
      db.transaction().execute(async work => {
        if (deployment && (await isKnown(work, deployment))) return 'known'
        if (!(await write(work, environment, from))) return 'moved on'
        if (deployment)
          await work.insertInto('environment_deployments').values(deploymentRow(deployment)).execute()
        return 'saved'
      }),
    async environmentDeployment(id) {
      const row = await all.where('id', '=', id).executeTakeFirst()
      return row && deploymentOf(row)
    },
    async environmentDeployments(environment, limit) {
      const query = all.where('environment', '=', environment).orderBy('created_at', 'desc')
      return (await query.orderBy('id', 'desc').limit(limit).execute()).map(deploymentOf)
    },
  }
}

async function isKnown(db: Db, { attempt }: EnvironmentDeployment): Promise<boolean> {
  const query = db.selectFrom('environment_deployments').select('id').where('attempt', '=', attempt)
  return (await query.executeTakeFirst()) !== undefined
}

async function write(db: Db, environment: Environment, from: number | undefined): Promise<boolean> {
  const { id, project, name, createdAt } = environment
  const content = contentOf(environment)
  if (from === undefined) {
    const row = { id, project, name, created_at: createdAt, ...content }
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('environments')
      .values(row)
      .onConflict(conflict => conflict.doNothing())
      .executeTakeFirst()
    return numInsertedOrUpdatedRows === 1n
  }
  const { numUpdatedRows } = await db
    .updateTable('environments')
    .set(content)
    .where('id', '=', id)
    .where('revision', '=', from)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

function contentOf(environment: Environment) {
  const { slug, tier, url, state, ref, stopJob, autoStopAt, reason, stopAsked } = environment
  return {
    slug,
    tier,
    url: url ?? null,
    state,
    ref,
    stop_job: stopJob ?? null,
    auto_stop_at: autoStopAt ?? null,
    reason: reason ?? null,
    stop_asked: Number(stopAsked),
    deployment: environment.deployment ?? null,
    model: environment.model ?? null,
    revision: environment.revision,
    updated_at: environment.updatedAt,
  }
}

function environmentOf(row: object): Environment {
  const read = new RowReader('environments', row)
  return {
    id: read.text<EnvironmentId>('id'),
    project: read.text<ProjectId>('project'),
    name: read.text('name'),
    slug: read.text('slug'),
    tier: read.text('tier'),
    state: read.choice('state', STATES),
    ref: read.text('ref'),
    stopAsked: read.flag('stop_asked'),
    revision: read.number('revision'),
    createdAt: read.instant('created_at'),
    updatedAt: read.instant('updated_at'),
    ...present({
      url: read.optional('url', column => read.text(column)),
      stopJob: read.optional('stop_job', column => read.text<JobId>(column)),
      autoStopAt: read.optional('auto_stop_at', column => read.instant(column)),
      reason: read.optional('reason', column => read.text(column)),
      deployment: read.optional('deployment', column => read.text<EnvironmentDeploymentId>(column)),
      model: read.optional('model', column => read.text(column)),
    }),
  }
}

function deploymentRow(deployment: EnvironmentDeployment) {
  const { commit, by, createdAt, ...rest } = deployment
  return { ...rest, commit_id: commit, principal: by, created_at: createdAt }
}

function deploymentOf(row: object): EnvironmentDeployment {
  const read = new RowReader('environment_deployments', row)
  return {
    id: read.text<EnvironmentDeploymentId>('id'),
    environment: read.text<EnvironmentId>('environment'),
    attempt: read.text<AttemptId | RolloutId>('attempt'),
    job: read.text<JobId>('job'),
    pipeline: read.text<PipelineId>('pipeline'),
    commit: read.text<CommitId>('commit_id'),
    ref: read.text('ref'),
    by: read.text<PrincipalId>('principal'),
    state: read.choice('state', ENDS),
    createdAt: read.instant('created_at'),
  }
}
