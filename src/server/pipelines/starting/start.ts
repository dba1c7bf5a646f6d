import { isProtectedRef, type Project } from '../../../access/index.ts'
import {
  type CommitRequest,
  type CompiledCommit,
  compileCiFile,
  compileCommit,
  type ModelRepository,
} from '../../../config/index.ts'
import { type CommitId, formatDiagnostic, newId, type PrincipalId, type PushId } from '../../../core/index.ts'
import { describeCommit, tagMessage } from '../../../git/index.ts'
import {
  type ChildSource,
  childFile,
  type InputValue,
  type Job,
  type MergeRequestFacts,
  type Pipeline,
  type PipelineEvent,
  type Plan,
  type TriggerFacts,
} from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { withEnvironmentPolicies } from '../../delivery/environments/policies.ts'
import { repositoryDirectory } from '../../repositories.ts'
import { withoutSecrets } from '../secrets/shown.ts'
import { storeConfig } from './config.ts'
import { commitFiles } from './files.ts'
import { givenVariables, type SecretVariable } from './given.ts'
import { includesFor } from './includes.ts'
import { artifactsOf } from './kept-files.ts'
import { withLateFacts } from './late-facts.ts'
import { withModelStages } from './model-stages.ts'
import { asksForNone } from './skip.ts'

/** A pipeline that somebody or something asks for. */
export interface PipelineRequest {
  readonly project: Project
  /** `refs/heads/main`, `refs/tags/v1`, `refs/merge-requests/3/head`. */
  readonly ref: string
  readonly commit: CommitId
  readonly event: PipelineEvent
  readonly principal: PrincipalId
  readonly push?: PushId
  /** Where the ref was before. */
  readonly before?: CommitId
  readonly variables?: Readonly<Record<string, string>>
  readonly inputs?: Readonly<Record<string, InputValue>>
  readonly mergeRequest?: MergeRequestFacts
  readonly schedule?: { readonly id: string; readonly description: string }
  /** The job that asks; for a child of the same commit with the files to compile. */
  readonly parent?: {
    readonly pipeline: Pipeline
    readonly job: Job
    readonly sources?: readonly ChildSource[]
  }
}

export type Started =
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline }
  /** Nothing runs, and why, for whoever asked. */
  | { readonly kind: 'nothing'; readonly reason: string }

/** For these somebody asked by name, whatever the message says. */
const ASKED: readonly PipelineEvent[] = ['schedule', 'manual', 'api', 'upstream', 'child']

/**
 * Compiles a commit for an occasion and adds the pipeline. For one push and ref it makes one, however often it is
 * asked. Whoever calls it tells of the pipeline and reconciles it. Never throws for what is in the commit: a file
 * with errors makes a failed pipeline that says so.
 */
export async function startPipeline(plane: ControlPlane, request: PipelineRequest): Promise<Started> {
  const trigger = await triggerFacts(plane, request)
  if (asksForNone(trigger.commitMessage) && !ASKED.includes(request.event))
    return { kind: 'nothing', reason: 'its message says [skip ci]' }
  const { project, ref } = request
  const variables = await givenVariables(plane, project, { ref, trusted: trigger.protectedRef })
  const found = await compiled(plane, request, trigger, variables)
  if (found.kind === 'nothing') return { kind: 'nothing', reason: withoutSecrets(found.reason, variables) }
  const planned = await planOf(plane, request, found, variables)
  return { kind: 'pipeline', pipeline: await add(plane, request, trigger, planned) }
}

async function triggerFacts(plane: ControlPlane, request: PipelineRequest): Promise<TriggerFacts> {
  const { project, ref, commit, event, before, variables = {}, inputs = {}, parent } = request
  const directory = repositoryDirectory(plane.settings, project.id)
  const { message, author, timestamp } = await describeCommit(directory, commit)
  const principal = await plane.stores.access.principal(request.principal)
  const annotation = ref.startsWith('refs/tags/') ? await tagMessage(directory, ref) : undefined
  const parentProject = parent && (await plane.stores.access.project(parent.pipeline.project))
  return {
    event,
    ref,
    commit,
    ...(before !== undefined && { before }),
    commitMessage: message,
    commitAuthor: author,
    commitTimestamp: timestamp,
    protectedRef: isTrusted(request),
    principal: { id: request.principal, name: principal?.name ?? '' },
    ...(request.mergeRequest && { mergeRequest: request.mergeRequest }),
    ...(request.schedule && { schedule: request.schedule }),
    ...(annotation !== undefined && { tagMessage: annotation }),
    variables,
    inputs,
    ...(parent && {
      upstream: {
        pipeline: parent.pipeline.id,
        project: parentProject?.name ?? '',
        job: parent.job.plan.name,
      },
    }),
  }
}

/** A child has what made it to thank: where that ref was protected since, its commit is as it was. */
function isTrusted({ project, ref, parent }: PipelineRequest): boolean {
  const inherited = !parent?.sources || parent.pipeline.trigger?.protectedRef !== false
  return inherited && isProtectedRef(project, ref)
}

async function compiled(
  plane: ControlPlane,
  request: PipelineRequest,
  trigger: TriggerFacts,
  variables: readonly SecretVariable[],
): Promise<CompiledCommit> {
  const { project, commit, before, parent } = request
  const directory = repositoryDirectory(plane.settings, project.id)
  const includes = includesFor(plane, request.principal)
  const asked: CommitRequest = {
    files: commitFiles(directory, commit, before),
    includes: parent ? { ...includes, artifact: artifactsOf(plane, parent.pipeline) } : includes,
    trigger,
    project: {
      id: project.id,
      name: project.name,
      defaultBranch: project.defaultBranch,
      serverUrl: plane.settings.publicUrl,
    },
    variables,
  }
  if (!parent?.sources) return compileCommit(asked)
  const child = await childFile(asked.includes, parent.job.plan.name, parent.sources, trigger.inputs)
  if (!('problem' in child)) {
    const { inputs } = child
    return compileCiFile(
      { ...asked, trigger: { ...trigger, inputs } },
      { dialect: parent.job.plan.dialect ?? 'gitlab', ...child },
    )
  }
  const at = parent.job.plan.at ?? { file: parent.job.plan.name, line: 1, column: 1 }
  const message = `The child pipeline of '${parent.job.plan.name}' has no configuration: ${child.problem}`
  const hint = 'check the path, and that the job which keeps the file lists it among its artifacts'
  return { kind: 'problems', diagnostics: [{ severity: 'error', code: 'FILE_MISSING', message, at, hint }] }
}

interface Planned {
  readonly plan: Plan
  readonly repository?: ModelRepository
  readonly policyGates: readonly string[]
  /** Diagnostics and refusals, as lines. */
  readonly problems: readonly string[]
}

async function planOf(
  plane: ControlPlane,
  request: PipelineRequest,
  found: Exclude<CompiledCommit, { kind: 'nothing' }>,
  variables: readonly SecretVariable[],
): Promise<Planned> {
  const lines = found.diagnostics.map(diagnostic => withoutSecrets(formatDiagnostic(diagnostic), variables))
  if (found.kind === 'problems') return { plan: { jobs: [] }, policyGates: [], problems: lines }
  const { repository } = found
  const bounded = await withEnvironmentPolicies(plane, request, named(found.plan, variables))
  // The files of a child may lie elsewhere.
  const plan = request.parent?.sources ? bounded : { ...bounded, file: found.file }
  if (!repository) return { plan, policyGates: [], problems: lines }
  const staged = await withModelStages(plane, request, repository, plan)
  return { ...staged, problems: [...lines, ...staged.bounds] }
}

/** Its name is shown, and told to other forges. */
function named(plan: Plan, variables: readonly SecretVariable[]): Plan {
  return plan.name === undefined ? plan : { ...plan, name: withoutSecrets(plan.name, variables) }
}

async function add(
  plane: ControlPlane,
  request: PipelineRequest,
  trigger: TriggerFacts,
  { plan, repository, policyGates, problems }: Planned,
): Promise<Pipeline> {
  const now = plane.clock.now()
  const id = newId('pipeline')
  const { jobs: planned, ...outline } = plan
  const jobs: Job[] = planned.map((job, position) => ({
    id: newId('job'),
    pipeline: id,
    position,
    plan: job,
    state: job.skip === undefined ? 'blocked' : 'skipped',
    ...(job.skip !== undefined && { reason: job.skip, endedAt: now }),
  }))
  const made = { id, createdAt: now, serverUrl: plane.settings.publicUrl }
  const failed = jobs.length === 0
  return plane.stores.pipelines.addPipeline(
    {
      id,
      project: request.project.id,
      commit: request.commit,
      ref: request.ref,
      title: (outline.name ?? trigger.commitMessage.split('\n')[0] ?? '').slice(0, 200),
      ...(request.push && { push: request.push }),
      principal: request.principal,
      state: failed ? 'failed' : 'running',
      config: repository ? storeConfig({ repository, policyGates }) : null,
      problems,
      trigger,
      outline,
      ...(request.parent && { parent: request.parent.job.id }),
      createdAt: now,
      ...(failed && { endedAt: now }),
    },
    number => jobs.map(job => withLateFacts(job, { ...made, number })),
  )
}
