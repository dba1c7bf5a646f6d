import type { Project } from '../../access/index.ts'
import type { EnvironmentView, ReleaseView } from '../../api/index.ts'
import { isoOf, type JobId, type PipelineId, type PrincipalId } from '../../core/index.ts'
import type { Environment, EnvironmentDeployment, Release } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { isProtectedEnvironment } from '../delivery/environments/policies.ts'
import { policyOf } from '../pipelines/policy.ts'
import { isoOrNull } from './times.ts'

type Plane = Pick<ControlPlane, 'stores'>
type DeploymentView = NonNullable<EnvironmentView['lastDeployment']>

/** GitLab's type of a link without one. */
const OTHER = 'other'

export async function environmentViewOf(
  plane: Plane,
  project: Project,
  environment: Environment,
): Promise<EnvironmentView> {
  const { stopJob, deployment: last } = environment
  const policy = await policyOf(plane, project, environment.name)
  const deployment = last && (await plane.stores.delivery.environmentDeployment(last))
  return {
    id: environment.id,
    name: environment.name,
    slug: environment.slug,
    tier: environment.tier,
    url: environment.url ?? null,
    state: environment.state,
    protected: isProtectedEnvironment(policy),
    ref: environment.ref,
    model: await previewed(plane, environment),
    stopJob: stopJob === undefined ? null : await jobRef(plane, stopJob),
    autoStopAt: isoOrNull(environment.autoStopAt),
    reason: environment.reason ?? null,
    lastDeployment: deployment ? await deploymentViewOf(plane, deployment) : null,
    createdAt: isoOf(environment.createdAt),
    updatedAt: isoOf(environment.updatedAt),
  }
}

async function previewed({ stores }: Plane, { model, name }: Environment): Promise<EnvironmentView['model']> {
  if (model === undefined) return null
  const deployment = await stores.rollouts.deployment(model, name)
  const version = deployment && (await stores.versions.byId(deployment.stable))
  return { name: model, version: version?.number ?? null }
}

export async function deploymentViewOf(
  plane: Plane,
  deployment: EnvironmentDeployment,
): Promise<DeploymentView> {
  return {
    state: deployment.state,
    commit: deployment.commit,
    ref: deployment.ref,
    pipeline: await pipelineRef(plane, deployment.pipeline),
    job: await jobRef(plane, deployment.job),
    by: await nameOf(plane, deployment.by),
    at: isoOf(deployment.createdAt),
  }
}

export async function releaseViewOf(plane: Plane, release: Release): Promise<ReleaseView> {
  return {
    id: release.id,
    tag: release.tag,
    name: release.name,
    description: release.description,
    commit: release.commit,
    milestones: [...release.milestones],
    links: release.links.map(({ name, url, type }) => ({ name, url, type: type ?? OTHER })),
    by: await nameOf(plane, release.by),
    pipeline: await pipelineRef(plane, release.pipeline),
    job: await jobRef(plane, release.job),
    releasedAt: isoOf(release.releasedAt),
    createdAt: isoOf(release.createdAt),
  }
}

async function jobRef({ stores }: Plane, id: JobId): Promise<{ id: string; name: string }> {
  return { id, name: (await stores.pipelines.job(id))?.plan.name ?? '' }
}

async function pipelineRef({ stores }: Plane, id: PipelineId): Promise<{ id: string; number: number }> {
  return { id, number: (await stores.pipelines.pipeline(id))?.number ?? 0 }
}

async function nameOf({ stores }: Plane, id: PrincipalId): Promise<string> {
  return (await stores.access.principal(id))?.name ?? id
}
