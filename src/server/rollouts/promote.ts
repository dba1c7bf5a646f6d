import { hasEnded, type Job } from '../../pipeline/index.ts'
import type { Version } from '../../registry/index.ts'
import type { Caller } from '../access/authenticate.ts'
import { conflict, notFound } from '../errors.ts'
import { needApprover } from '../pipelines/approval.ts'
import type { Services } from '../services.ts'

export interface Promotion {
  readonly model: string
  readonly from: string
  readonly to: string
}

/**
 * Takes the version that serves in one environment to another, by the deploy job of its own pipeline: so the same
 * bytes go by the policy, the strategy and the calendars of the other environment, and are followed as at any push.
 * A job that waits for approval has this person's; one that has ended is set going again. Throws STATE_CONFLICT
 * where there is nothing to take or no job that takes it, FORBIDDEN where the policy wants another person's word.
 */
export async function promoteVersion(
  services: Services,
  caller: Caller,
  ask: Promotion,
): Promise<{ readonly job: Job; readonly version: Version }> {
  const { plane, pipelineActions } = services
  const { stores } = plane
  const version = await versionToPromote(services, ask)
  const name = `v${version.number}`
  const job = await deployJobOf(services, version, ask)
  const project = await stores.access.project(version.project)
  if (!project) throw notFound('project', version.project)
  const rollout = await stores.rollouts.byJob(job.id)
  if (rollout && rollout.endedAt === undefined)
    throw conflict(
      `${name} is on its way to ${ask.to}: its rollout is ${rollout.phase}`,
      `See where it stands: ballast rollout show ${rollout.id}`,
    )
  const { work } = job.plan
  if (work.kind === 'deploy' && work.approval) await needApprover(services, caller, project, job)
  const by = caller.principal.name
  if (hasEnded(job.state)) await pipelineActions.retry(job)
  const now = (await stores.pipelines.job(job.id)) ?? job
  if (now.state === 'waiting') await pipelineActions.approve(now, by)
  else if (!hasEnded(job.state))
    throw conflict(
      `The deploy job of ${name} is ${job.state}`,
      'It goes on by itself once what it needs has ended.',
    )
  return { job: (await stores.pipelines.job(job.id)) ?? now, version }
}

async function versionToPromote({ plane }: Services, { model, from, to }: Promotion): Promise<Version> {
  const { rollouts, versions } = plane.stores
  if (from === to) throw conflict(`${from} and ${to} are one environment`, 'Name two.')
  const source = await rollouts.deployment(model, from)
  const version = source && (await versions.byId(source.stable))
  if (!version)
    throw conflict(`Nothing of ${model} serves in ${from}`, 'Push a version that is deployed there.')
  if ((await rollouts.deployment(model, to))?.stable === version.id)
    throw conflict(`v${version.number} of ${model} serves in ${to} already`, 'There is nothing to promote.')
  return version
}

async function deployJobOf(
  { plane }: Services,
  { number, job: id }: Version,
  { to }: Promotion,
): Promise<Job> {
  const { pipelines } = plane.stores
  const registered = id && (await pipelines.job(id))
  const jobs = registered ? await pipelines.jobs(registered.pipeline) : []
  const job = jobs.find(({ plan: { work } }) => work.kind === 'deploy' && work.environment === to)
  if (job) return job
  throw conflict(
    `The pipeline of v${number} deploys nothing to ${to}`,
    `Its file must ask for it: deploy: { ${to}: { from: … } }, for the branch that was pushed.`,
  )
}
