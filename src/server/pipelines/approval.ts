import type { Project } from '../../access/index.ts'
import { type Instant, type JobId, newId, type VersionId } from '../../core/index.ts'
import type { Job } from '../../pipeline/index.ts'
import type { Caller } from '../access/authenticate.ts'
import type { ControlPlane } from '../control-plane.ts'
import { ServerError } from '../errors.ts'
import type { Services } from '../services.ts'
import { stageResult } from './ending/results.ts'
import { policyOf } from './policy.ts'

/**
 * Throws FORBIDDEN when the environment's policy asks for a higher role than this caller has, or for another person
 * than the one whose pipeline it is.
 */
export async function needApprover(
  services: Services,
  caller: Caller,
  project: Project,
  job: Job,
): Promise<void> {
  const { work, approval } = job.plan
  const name = work.kind === 'deploy' ? work.environment : approval
  if (name === undefined) return
  const { approvers, approval: rule, environment } = await policyOf(services.plane, project, name)
  if (rule?.byOthers) await needOther(services, caller, job, environment)
  if (approvers !== 'admin' || (await services.authenticator.roleIn(caller, project.id)) === 'admin') return
  throw new ServerError('FORBIDDEN', {
    message: `Deployments to ${environment} are approved by an admin; ${caller.principal.name} is none`,
    hint: 'Ask an admin to approve this job.',
  })
}

async function needOther(services: Services, caller: Caller, job: Job, environment: string): Promise<void> {
  const pipeline = await services.plane.stores.pipelines.pipeline(job.pipeline)
  if (pipeline?.principal !== caller.principal.id) return
  throw new ServerError('FORBIDDEN', {
    message: `Deployments to ${environment} are approved by others than who asks for them; this one is ${caller.principal.name}'s own`,
    hint: 'Ask another maintainer to approve this job.',
  })
}

/** The word stays with the version, whatever becomes of the job: before it counts, so that no crash loses it. */
export async function recordApproval(
  { stores, clock }: Pick<ControlPlane, 'stores' | 'clock'>,
  job: Job,
  by: string,
): Promise<void> {
  const { work } = job.plan
  if (work.kind !== 'deploy') return
  const version = stageResult(await stores.pipelines.jobs(job.pipeline), 'register')?.version
  if (!version) return
  const body: DeployApproval = { stage: 'deploy', environment: work.environment, by, job: job.id }
  await stores.versions.addRecord({
    id: newId('record'),
    version: version.id as VersionId,
    kind: 'approval',
    body: { ...body },
    createdAt: clock.now(),
  })
}

/** Who approved that this job deploys the version. */
export async function approverOf(
  { stores }: Pick<ControlPlane, 'stores'>,
  version: VersionId,
  job: JobId,
): Promise<string | undefined> {
  return (await approvalsOf({ stores }, version, job)).at(-1)?.by
}

/** All who did, the first one first. */
export async function approvalsOf(
  { stores }: Pick<ControlPlane, 'stores'>,
  version: VersionId,
  job: JobId,
): Promise<readonly { readonly by: string; readonly at: Instant }[]> {
  const records = await stores.versions.recordsOf([version], ['approval'])
  return records.flatMap(({ body, createdAt }) => {
    const { stage, job: approved, by } = (body ?? {}) as Partial<DeployApproval>
    return stage === 'deploy' && approved === job && by !== undefined ? [{ by, at: createdAt }] : []
  })
}

interface DeployApproval {
  readonly stage: 'deploy'
  readonly environment: string
  readonly by: string
  readonly job: JobId
}
