import type { Project, Right } from '../../access/index.ts'
import type { AttemptId, EnvironmentId, JobId, PipelineId, RolloutId, VersionId } from '../../core/index.ts'
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
  await needIn(services, caller, project, right, 'project', name)
  return project
}

export async function pipelineFor(
  services: Services,
  caller: Caller,
  id: string,
  right: Right = 'project.read',
): Promise<{ pipeline: Pipeline; project: Project }> {
  const pipeline = await services.plane.stores.pipelines.pipeline(id as PipelineId)
  const project = pipeline && (await services.plane.stores.access.project(pipeline.project))
  if (!pipeline || !project) throw notFound('pipeline', id)
  await needIn(services, caller, project, right, 'pipeline', id)
  return { pipeline, project }
}

export async function jobFor(
  services: Services,
  caller: Caller,
  id: string,
  right: Right = 'project.read',
): Promise<{ job: Job; pipeline: Pipeline; project: Project }> {
  const { pipelines, access } = services.plane.stores
  const job = await pipelines.job(id as JobId)
  const pipeline = job && (await pipelines.pipeline(job.pipeline))
  const project = pipeline && (await access.project(pipeline.project))
  if (!job || !pipeline || !project) throw notFound('job', id)
  await needIn(services, caller, project, right, 'job', id)
  return { job, pipeline, project }
}

export async function attemptFor(services: Services, caller: Caller, id: string): Promise<Attempt> {
  const { pipelines, access } = services.plane.stores
  const attempt = await pipelines.attempt(id as AttemptId)
  const job = attempt && (await pipelines.job(attempt.job))
  const pipeline = job && (await pipelines.pipeline(job.pipeline))
  const project = pipeline && (await access.project(pipeline.project))
  if (!attempt || !project) throw notFound('attempt', id)
  await needIn(services, caller, project, 'project.read', 'attempt', id)
  return attempt
}

export async function versionFor(services: Services, caller: Caller, id: string): Promise<Version> {
  const { versions, access } = services.plane.stores
  const version = await versions.byId(id as VersionId)
  const owner = version && (await versions.ownerOf(version.model))
  const project = owner && (await access.project(owner))
  if (!version || !project) throw notFound('version', id)
  await needIn(services, caller, project, 'project.read', 'version', id)
  return version
}

export async function rolloutFor(
  services: Services,
  caller: Caller,
  id: string,
  right: Right = 'project.read',
): Promise<{ rollout: StoredRollout; project: Project }> {
  const rollout = await services.plane.stores.rollouts.byId(id as RolloutId)
  const project = rollout && (await services.plane.stores.access.project(rollout.project))
  if (!rollout || !project) throw notFound('rollout', id)
  await needIn(services, caller, project, right, 'rollout', id)
  return { rollout, project }
}

export async function environmentFor(
  services: Services,
  caller: Caller,
  id: string,
  right: Right = 'project.read',
): Promise<{ environment: Environment; project: Project }> {
  const environment = await services.plane.stores.delivery.environment(id as EnvironmentId)
  const project = environment && (await services.plane.stores.access.project(environment.project))
  if (!environment || !project) throw notFound('environment', id)
  await needIn(services, caller, project, right, 'environment', id)
  return { environment, project }
}

/** The project that owns a model. */
export async function modelFor(
  services: Services,
  caller: Caller,
  model: string,
  right: Right = 'project.read',
): Promise<Project> {
  const owner = await services.plane.stores.versions.ownerOf(model)
  const project = owner && (await services.plane.stores.access.project(owner))
  if (!project) throw notFound('model', model)
  await needIn(services, caller, project, right, 'model', model)
  return project
}

async function needIn(
  services: Services,
  caller: Caller,
  project: Project,
  right: Right,
  what: string,
  name: string,
): Promise<void> {
  const { authenticator } = services
  // A token that may do this one thing only, such as predict, need not read as well.
  if (await authenticator.may(caller, right, project)) return
  if (!(await authenticator.may(caller, 'project.read', project))) throw notFound(what, name)
  await authenticator.need(caller, right, project)
}
