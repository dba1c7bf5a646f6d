import type { Project, Right } from '../../access/index.ts'
import type { JobId, PipelineId, RolloutId } from '../../core/index.ts'
import type { Job, Pipeline } from '../../pipeline/index.ts'
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
  const job = await services.plane.stores.pipelines.job(id as JobId)
  if (!job) throw notFound('job', id)
  return { job, ...(await pipelineFor(services, caller, job.pipeline, right)) }
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
  if (!(await services.authenticator.may(caller, 'project.read', project))) throw notFound(what, name)
  if (right !== 'project.read') await services.authenticator.need(caller, right, project)
}
