import type { EnvironmentPolicy } from '../../../access/index.ts'
import { type ModelRepository, planFacts } from '../../../config/index.ts'
import { branchMatches, type Milliseconds } from '../../../core/index.ts'
import { buildPlan, type Plan } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { PREVIEW_JOB, previewRequest } from '../../delivery/previews/request.ts'
import { sourcesOf } from '../../rollouts/sources.ts'
import { boundFor } from '../policy.ts'
import type { PipelineRequest } from './start.ts'

const BRANCH = 'refs/heads/'

export interface StagedPlan {
  readonly plan: Plan
  /** With the preview of this branch among its environments, where it has one. */
  readonly repository: ModelRepository
  /** Gates of the environments that this run may deploy to. */
  readonly policyGates: readonly string[]
  /** What the policies changed of what the file asks for. */
  readonly bounds: readonly string[]
}

/** The user's jobs with the stages of the model behind them. Only a branch deploys: not a tag or a merge request. */
export async function withModelStages(
  plane: ControlPlane,
  { project, ref, event }: PipelineRequest,
  repository: ModelRepository,
  plan: Plan,
): Promise<StagedPlan> {
  const branch = ref.startsWith(BRANCH) && event !== 'merge_request' ? ref.slice(BRANCH.length) : undefined
  const preview = previewRequest(repository, branch, project.defaultBranch)
  const environments = [...repository.environments, ...(preview ? [preview] : [])]
  const asked = await Promise.all(
    environments
      .filter(request => branch !== undefined && branchMatches(request.branch, branch))
      .map(async request => ({
        request,
        from: await sourcesOf(plane, project.id, request),
        ...(await boundFor(plane, project, request, branch!)),
      })),
  )
  // A gate needs figures, and figures need a model that runs.
  const facts = planFacts(repository)
  const policyGates = facts.notServed
    ? []
    : [...new Set(asked.filter(({ bounded }) => bounded.allowed).flatMap(({ policy }) => policy.gates))]
  const staged = buildPlan({
    jobs: plan.jobs,
    ...(plan.stages && { stages: plan.stages }),
    ...facts,
    hasGates: repository.gates.length + policyGates.length > 0,
    onDefaultBranch: branch === project.defaultBranch,
    branch: branch ?? ref.replace(/^refs\/(tags\/)?/, ''),
    environments: asked.map(({ request, from, policy, bounded }) => ({
      name: request.name,
      ...(from.length > 0 && { from }),
      ...(request === preview && { job: PREVIEW_JOB }),
      ...(bounded.allowed
        ? { approval: bounded.approval, ...(bounded.approval && expiryOf(policy)), allowed: true }
        : { approval: false, allowed: false, refusal: bounded.refusal }),
    })),
  })
  const bounds = asked.flatMap(({ bounded }) => (bounded.allowed ? bounded.reasons : []))
  return { plan: { ...plan, ...staged }, repository: { ...repository, environments }, policyGates, bounds }
}

function expiryOf({ approval }: EnvironmentPolicy): { readonly approvalExpiresMs?: Milliseconds } {
  return approval?.expiresMs === undefined ? {} : { approvalExpiresMs: approval.expiresMs }
}
