import type { Project, Right } from '../../access/index.ts'
import type {
  AttemptId,
  EnvironmentId,
  JobId,
  PipelineId,
  ProjectId,
  RolloutId,
  VersionId,
} from '../../core/index.ts'
import type { Attempt, Environment, Job, Pipeline } from '../../pipeline/index.ts'
import type { Version } from '../../registry/index.ts'
import type { StoredRollout } from '../../rollout/index.ts'
import type { Caller } from '../access/authenticate.ts'
import { notFound } from '../errors.ts'
import type { Services } from '../services.ts'

/** Finders that check a right on the way: what a caller may not read does not exist for them. */

export async function projectFor(
  services: Services,
  caller: Caller,
  name: string,
  right: Right = 'project.read',
): Promise<Project> {
  const project = await services.plane.stores.access.projectByName(name)
  if (!project) throw notFound('project', name)
  await needIn(services, caller, project, { what: 'project', name, right })
  return project
}

export async function pipelineFor(
  services: Services,
  caller: Caller,
  id: string,
  right: Right = 'project.read',
): Promise<{ pipeline: Pipeline; project: Project }> {
  const pipeline = await services.plane.stores.pipelines.pipeline(id as PipelineId)
  const ask = { what: 'pipeline', name: id, right }
  return foundIn(services, caller, ask, pipeline?.project, pipeline && { pipeline })
}

export async function jobFor(
  services: Services,
  caller: Caller,
  id: string,
  right: Right = 'project.read',
): Promise<{ job: Job; pipeline: Pipeline; project: Project }> {
  const { pipelines } = services.plane.stores
  const job = await pipelines.job(id as JobId)
  const pipeline = job && (await pipelines.pipeline(job.pipeline))
  const ask = { what: 'job', name: id, right }
  return foundIn(services, caller, ask, pipeline?.project, job && pipeline && { job, pipeline })
}

export async function attemptFor(services: Services, caller: Caller, id: string): Promise<Attempt> {
  const { pipelines } = services.plane.stores
  const attempt = await pipelines.attempt(id as AttemptId)
  const job = attempt && (await pipelines.job(attempt.job))
  const pipeline = job && (await pipelines.pipeline(job.pipeline))
  const ask: Ask = { what: 'attempt', name: id, right: 'project.read' }
  return (await foundIn(services, caller, ask, pipeline?.project, attempt && { attempt })).attempt
}

export async function versionFor(services: Services, caller: Caller, id: string): Promise<Version> {
  const { versions } = services.plane.stores
  const version = await versions.byId(id as VersionId)
  const owner = version && (await versions.ownerOf(version.model))
  const ask: Ask = { what: 'version', name: id, right: 'project.read' }
  return (await foundIn(services, caller, ask, owner, version && { version })).version
}

export async function rolloutFor(
  services: Services,
  caller: Caller,
  id: string,
  right: Right = 'project.read',
): Promise<{ rollout: StoredRollout; project: Project }> {
  const rollout = await services.plane.stores.rollouts.byId(id as RolloutId)
  const ask = { what: 'rollout', name: id, right }
  return foundIn(services, caller, ask, rollout?.project, rollout && { rollout })
}

export async function environmentFor(
  services: Services,
  caller: Caller,
  id: string,
  right: Right = 'project.read',
): Promise<{ environment: Environment; project: Project }> {
  const environment = await services.plane.stores.delivery.environment(id as EnvironmentId)
  const ask = { what: 'environment', name: id, right }
  return foundIn(services, caller, ask, environment?.project, environment && { environment })
}

/** The project that owns a model. */
export async function modelFor(
  services: Services,
  caller: Caller,
  model: string,
  right: Right = 'project.read',
): Promise<Project> {
  const owner = await services.plane.stores.versions.ownerOf(model)
  return (await foundIn(services, caller, { what: 'model', name: model, right }, owner, {})).project
}

interface Ask {
  readonly what: string
  readonly name: string
  readonly right: Right
}

/** What was found, with the project it is in. */
async function foundIn<Found extends object>(
  services: Services,
  caller: Caller,
  ask: Ask,
  owner: ProjectId | undefined,
  found: Found | undefined,
): Promise<Found & { project: Project }> {
  const project = owner && (await services.plane.stores.access.project(owner))
  if (!found || !project) throw notFound(ask.what, ask.name)
  await needIn(services, caller, project, ask)
  return { ...found, project }
}

async function needIn(services: Services, caller: Caller, project: Project, ask: Ask): Promise<void> {
  const { authenticator } = services
  // A token that may do this one thing only, such as predict, need not read as well.
  if (await authenticator.may(caller, ask.right, project)) return
  if (!(await authenticator.may(caller, 'project.read', project))) throw notFound(ask.what, ask.name)
  await authenticator.need(caller, ask.right, project)
}
