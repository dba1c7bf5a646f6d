import { boundRequest, type EnvironmentPolicy, type Project } from '../../../access/index.ts'
import type { Plan, PlannedJob } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { policyOf } from '../../pipelines/policy.ts'

const BRANCH = 'refs/heads/'

/**
 * A plan whose jobs get what the policies of their environments allow. A file may name any environment, and so ask
 * for its secrets and its name: where the policy does not let this ref do so, the job is skipped and says why; where
 * it wants a person's word, the job waits for it. Where it takes only what was promoted elsewhere, no script does. Whatever the action is: all of them run the file's own commands.
 *
 * A tag and a merge request are no branch: a policy lets them deploy by their whole name (`refs/tags/v*`).
 */
export async function withEnvironmentPolicies(
  plane: ControlPlane,
  { project, ref }: { readonly project: Project; readonly ref: string },
  plan: Plan,
): Promise<Plan> {
  const names = new Set(plan.jobs.flatMap(({ environment }) => environment?.name ?? []))
  if (names.size === 0) return plan
  const policies = new Map<string, EnvironmentPolicy>()
  for (const name of names) policies.set(name, await policyOf(plane, project, name))
  const branch = ref.startsWith(BRANCH) ? ref.slice(BRANCH.length) : ref
  return { ...plan, jobs: plan.jobs.map(job => bounded(job, branch, policies)) }
}

function bounded(
  job: PlannedJob,
  branch: string,
  policies: ReadonlyMap<string, EnvironmentPolicy>,
): PlannedJob {
  const policy = job.environment && policies.get(job.environment.name)
  if (!policy || job.skip !== undefined) return job
  if (policy.from !== undefined)
    return {
      ...job,
      skip: `${policy.environment} takes only what was promoted in ${policy.from}, which no script can show`,
    }
  const request = boundRequest(policy, { branch, approve: false, steps: [] })
  if (!request.allowed) return { ...job, skip: request.refusal }
  if (!request.approval) return job
  const { expiresMs } = policy.approval ?? {}
  return {
    ...job,
    approval: policy.environment,
    ...(expiresMs !== undefined && { approvalExpiresMs: expiresMs }),
  }
}

/** Whether somebody has narrowed who gets there: not every ref, or not without a person's word. */
export function isProtectedEnvironment({ branches, approvers }: EnvironmentPolicy): boolean {
  return approvers !== undefined || !branches.includes('*')
}
