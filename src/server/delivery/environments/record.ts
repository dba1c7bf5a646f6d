import type { Project } from '../../../access/index.ts'
import { type Instant, type JobId, messageOf, newId } from '../../../core/index.ts'
import type {
  Environment,
  EnvironmentDeployment,
  Job,
  JobEnvironment,
  Pipeline,
} from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { predefinedFacts } from '../facts.ts'
import { type EndedAttempt, MASKED, textsAfter } from '../texts.ts'

/** Each loses against somebody who saved meanwhile; more is no race. */
const MAX_TRIES = 10
/** As browsers and proxies take it. */
const MAX_URL_LENGTH = 2048

/** A job of an environment whose script has ended. */
export interface EndedJob {
  readonly pipeline: Pipeline
  readonly job: Job
  readonly project: Project
  readonly attempt: EndedAttempt
  readonly state: 'succeeded' | 'failed'
}

/**
 * Records what the end of a job means for its environment. It bears repeating: one attempt deploys once.
 *
 *   start             a deployment; available, to be stopped by its on_stop job. A failed one may have begun
 *   stop              stopped, where it succeeded
 *   prepare, access   puts off the stop by auto_stop_in, where the job has one
 *   verify            nothing
 */
export async function recordEnvironment(plane: ControlPlane, ended: EndedJob): Promise<void> {
  const { environment } = ended.job.plan
  if (!environment) return
  const { delivery } = plane.stores
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = await delivery.environmentByName(ended.project.id, environment.name)
    // A preview's model serves there, whatever a script of the same branch calls its own.
    if (before?.model !== undefined && before.state !== 'stopped') {
      plane.logger.warn({ job: ended.job.id, environment: environment.name }, 'a script deploys to a preview')
      return
    }
    const now = plane.clock.now()
    const deployment = environment.action === 'start' ? deploymentOf(ended, before, now) : undefined
    const after = await changed(plane, ended, environment, before, deployment)
    if (!after) return
    const revision = (before?.revision ?? 0) + 1
    const saved = await delivery.saveEnvironment(
      { ...after, revision, updatedAt: now },
      before?.revision,
      deployment,
    )
    if (saved !== 'moved on') return
  }
}

function deploymentOf(
  { pipeline, job, attempt, state }: EndedJob,
  before: Environment | undefined,
  now: Instant,
): EnvironmentDeployment {
  return {
    id: newId('environmentDeployment'),
    environment: before?.id ?? newId('environment'),
    attempt: attempt.id,
    job: job.id,
    pipeline: pipeline.id,
    commit: pipeline.commit,
    ref: pipeline.ref,
    by: pipeline.principal,
    state,
    createdAt: now,
  }
}

async function changed(
  plane: ControlPlane,
  ended: EndedJob,
  environment: JobEnvironment,
  before: Environment | undefined,
  deployment: EnvironmentDeployment | undefined,
): Promise<Environment | undefined> {
  if (deployment) return deployed(plane, ended, environment, before, deployment)
  if (!before) return undefined
  const { action, autoStopIn } = environment
  if (action === 'stop') {
    if (ended.state !== 'succeeded') return undefined
    const { autoStopAt: _, ...rest } = before
    const reason = `stopped by job '${ended.job.plan.name}'`
    return { ...rest, state: 'stopped', stopAsked: false, reason }
  }
  const puts = action === 'prepare' || action === 'access'
  if (!puts || autoStopIn === undefined || before.state !== 'available') return undefined
  return { ...before, autoStopAt: (plane.clock.now() + autoStopIn) as Instant }
}

async function deployed(
  plane: ControlPlane,
  ended: EndedJob,
  environment: JobEnvironment,
  before: Environment | undefined,
  deployment: EnvironmentDeployment,
): Promise<Environment> {
  const { pipeline, job, project, state } = ended
  const facts = predefinedFacts(plane, pipeline, job, project)
  const succeeded = state === 'succeeded'
  const url = succeeded ? await urlOf(plane, ended, environment) : before?.url
  const stopJob = await stopJobOf(plane, pipeline, environment)
  const last = succeeded ? deployment.id : before?.deployment
  const { autoStopIn, name } = environment
  return {
    id: deployment.environment,
    project: project.id,
    name,
    slug: facts['CI_ENVIRONMENT_SLUG'] ?? before?.slug ?? name,
    tier: facts['CI_ENVIRONMENT_TIER'] ?? environment.tier ?? before?.tier ?? 'other',
    state: 'available',
    ref: branchOf(pipeline, project),
    stopAsked: false,
    revision: 0,
    createdAt: before?.createdAt ?? deployment.createdAt,
    updatedAt: deployment.createdAt,
    ...(url !== undefined && { url }),
    ...(stopJob !== undefined && { stopJob }),
    ...(autoStopIn !== undefined && { autoStopAt: (deployment.createdAt + autoStopIn) as Instant }),
    ...(last !== undefined && { deployment: last }),
  }
}

/** With the variables that the job itself told; none where that is no address for a browser, or shows a secret. */
async function urlOf(
  plane: ControlPlane,
  { pipeline, job, project, attempt }: EndedJob,
  { url }: JobEnvironment,
): Promise<string | undefined> {
  if (url === undefined) return undefined
  // A secret that was removed meanwhile is no reason not to record what was deployed.
  const expand = await textsAfter(plane, pipeline, job, project, attempt).catch((error: unknown) => {
    plane.logger.warn({ job: job.id, error: messageOf(error) }, 'the url of an environment is not known')
  })
  const text = expand?.(url).trim() ?? ''
  const isSafe = /^https?:\/\/[^\s]+$/i.test(text) && URL.canParse(text) && text.length <= MAX_URL_LENGTH
  return isSafe && !text.includes(MASKED) ? text : undefined
}

/** The job of the same pipeline that its on_stop names, which is of the same environment and stops it. */
async function stopJobOf(
  { stores }: Pick<ControlPlane, 'stores'>,
  { id }: Pipeline,
  { name, onStop }: JobEnvironment,
): Promise<JobId | undefined> {
  if (onStop === undefined) return undefined
  const jobs = await stores.pipelines.jobs(id)
  return jobs.find(
    ({ plan }) =>
      plan.name === onStop && plan.environment?.name === name && plan.environment.action === 'stop',
  )?.id
}

/** The branch with which it goes: of a merge request of this project its source. */
function branchOf({ ref, trigger }: Pipeline, { name }: Project): string {
  const { mergeRequest } = trigger ?? {}
  return mergeRequest?.sourceProject === name ? `refs/heads/${mergeRequest.sourceBranch}` : ref
}
