import type { JWTPayload } from 'jose'
import { groupOf, type Project } from '../../../access/index.ts'
import { randomText } from '../../../core/index.ts'
import type { Job, Pipeline } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { policyOf } from '../../pipelines/policy.ts'
import { isProtectedEnvironment } from '../environments/policies.ts'
import { predefinedFacts } from '../facts.ts'
import { MAX_TOKEN_MS } from './keys.ts'

/** A job may start a little after its token was made, and clocks differ. */
const GRACE_MS = 5 * 60_000
const NOT_BEFORE_MS = 5000

/**
 * What an identity token says of a job, as GitLab documents its id tokens. Nothing of it comes from variables, which
 * whoever starts a pipeline can set. Three things differ:
 *
 * - a merge request is no branch: its `ref_type` is `merge_request` and its `ref` the whole `refs/merge-requests/3/head`,
 *   so that a trust in a branch never takes somebody's proposal for it
 * - ids are Ballast's, `runner_id` is the runner's name, and there is no `user_email`
 * - a token is valid for a day at most, however long the job may run
 */
export async function claimsOf(
  plane: Pick<ControlPlane, 'stores' | 'clock' | 'settings'>,
  pipeline: Pipeline,
  job: Job,
  project: Project,
  runner: string,
): Promise<JWTPayload> {
  const { plan } = job
  const now = plane.clock.now()
  const user = await plane.stores.access.principal(pipeline.principal)
  const ref = refClaims(pipeline)
  const namespace = groupOf(project.name) ?? project.name
  return {
    iss: plane.settings.publicUrl,
    sub: `project_path:${project.name}:ref_type:${ref.ref_type}:ref:${ref.ref}`,
    jti: randomText(32),
    iat: seconds(now),
    nbf: seconds(now - NOT_BEFORE_MS),
    exp: seconds(now + Math.min(plan.timeout + GRACE_MS, MAX_TOKEN_MS)),
    namespace_id: namespace,
    namespace_path: namespace,
    project_id: project.id,
    project_path: project.name,
    user_id: pipeline.principal,
    user_login: user?.name ?? '',
    pipeline_id: pipeline.id,
    pipeline_source: predefinedFacts(plane, pipeline, job, project)['CI_PIPELINE_SOURCE'] ?? 'push',
    job_id: job.id,
    ...ref,
    ref_protected: String(pipeline.trigger?.protectedRef ?? false),
    runner_id: runner,
    runner_environment: 'self-hosted',
    sha: pipeline.commit,
    ...configClaims(plane, pipeline, project),
    ...(await environmentClaims(plane, pipeline, job, project)),
  }
}

function refClaims({ ref }: Pipeline): { ref: string; ref_type: string; ref_path: string } {
  if (ref.startsWith('refs/heads/'))
    return { ref: ref.slice('refs/heads/'.length), ref_type: 'branch', ref_path: ref }
  if (ref.startsWith('refs/tags/'))
    return { ref: ref.slice('refs/tags/'.length), ref_type: 'tag', ref_path: ref }
  return { ref, ref_type: 'merge_request', ref_path: ref }
}

/** Which file said that the job runs, where it is one of the commit. */
function configClaims(
  { settings }: Pick<ControlPlane, 'settings'>,
  { outline, ref, commit }: Pipeline,
  { name }: Project,
): JWTPayload {
  if (outline?.file === undefined) return {}
  const host = settings.publicUrl.replace(/^https?:\/\//, '')
  return { ci_config_ref_uri: `${host}/${name}//${outline.file}@${ref}`, ci_config_sha: commit }
}

async function environmentClaims(
  plane: Pick<ControlPlane, 'stores' | 'clock' | 'settings'>,
  pipeline: Pipeline,
  job: Job,
  project: Project,
): Promise<JWTPayload> {
  const { environment } = job.plan
  if (!environment) return {}
  const policy = await policyOf(plane, project, environment.name)
  return {
    environment: environment.name,
    environment_protected: String(isProtectedEnvironment(policy)),
    environment_action: environment.action,
    deployment_tier:
      predefinedFacts(plane, pipeline, job, project)['CI_ENVIRONMENT_TIER'] ?? environment.tier ?? 'other',
  }
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}
