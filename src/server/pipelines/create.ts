import type { Project } from '../../access/index.ts'
import {
  configFromConvention,
  isRunnable,
  MAX_CONFIG_BYTES,
  type ModelRepository,
  type ParsedConfig,
  parseConfig,
  whyNotServed,
} from '../../config/index.ts'
import { branchMatches, type CommitId, formatDiagnostic, newId } from '../../core/index.ts'
import { commitInfo, GitError, listFiles, NO_COMMIT, readFile } from '../../git/index.ts'
import { buildPlan, type Job, type Pipeline, type PlannedJob, type Push } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { repositoryDirectory } from '../repositories.ts'
import { storeConfig } from './config.ts'
import { boundFor } from './policy.ts'

const CONFIG_FILE = 'ballast.yaml'

export interface PushedPipelines {
  readonly pipelines: readonly Pipeline[]
  /** For the person who pushed: refs for which nothing runs, and why. */
  readonly notes: readonly string[]
}

/** Makes the pipelines of a push, one for each branch that moved. Repeating it makes nothing twice. */
export async function createPipelines(
  plane: ControlPlane,
  push: Push,
  project: Project,
): Promise<PushedPipelines> {
  const pipelines: Pipeline[] = []
  const notes: string[] = []
  for (const { ref, after } of push.changes) {
    if (!ref.startsWith('refs/heads/') || after === NO_COMMIT) continue
    const made = await createPipeline(plane, { project, push, ref, commit: after })
    if (typeof made === 'string') notes.push(`${ref.slice('refs/heads/'.length)}: ${made}`)
    else pipelines.push(made)
  }
  return { pipelines, notes }
}

interface Origin {
  readonly project: Project
  readonly push: Push
  readonly ref: string
  readonly commit: CommitId
}

async function createPipeline(plane: ControlPlane, origin: Origin): Promise<Pipeline | string> {
  const { project, push, ref, commit } = origin
  const compiled = await compile(plane, origin)
  if (compiled === undefined) return 'no ballast.yaml and no model file in it, so nothing runs'
  const info = await commitInfo(repositoryDirectory(plane.settings, project.id), commit)
  const now = plane.clock.now()
  const id = newId('pipeline')
  const jobs: Job[] = compiled.jobs.map((plan, position) => ({
    id: newId('job'),
    pipeline: id,
    position,
    plan,
    state: plan.skip === undefined ? 'blocked' : 'skipped',
    ...(plan.skip !== undefined && { reason: plan.skip, endedAt: now }),
  }))
  const failed = jobs.length === 0
  return plane.stores.pipelines.addPipeline(
    {
      id,
      project: project.id,
      commit,
      ref,
      title: info.title.slice(0, 200),
      push: push.id,
      principal: push.principal,
      state: failed ? 'failed' : 'running',
      config: compiled.repository
        ? storeConfig({ repository: compiled.repository, policyGates: compiled.policyGates })
        : null,
      problems: compiled.problems,
      createdAt: now,
      ...(failed && { endedAt: now }),
    },
    jobs,
  )
}

interface Compiled {
  readonly repository?: ModelRepository
  readonly policyGates: readonly string[]
  readonly jobs: readonly PlannedJob[]
  /** Diagnostics and refusals, as lines. */
  readonly problems: readonly string[]
}

async function compile(plane: ControlPlane, { project, ref, commit }: Origin): Promise<Compiled | undefined> {
  const directory = repositoryDirectory(plane.settings, project.id)
  const parsed = await readConfig(directory, commit, project)
  if (parsed === undefined) return undefined
  const lines = parsed.diagnostics.map(formatDiagnostic)
  const { repository } = parsed
  if (!repository) return { policyGates: [], jobs: [], problems: lines }
  const branch = ref.slice('refs/heads/'.length)
  const asked = await Promise.all(
    repository.environments
      .filter(request => branchMatches(request.branch, branch))
      .map(async request => ({ request, ...(await boundFor(plane, project, request, branch)) })),
  )
  // A gate needs figures, and figures need a model that runs.
  const policyGates = !isRunnable(repository.model.file)
    ? []
    : [...new Set(asked.filter(({ bounded }) => bounded.allowed).flatMap(({ policy }) => policy.gates))]
  const notServed = whyNotServed(repository.model.file)
  const { jobs } = buildPlan({
    jobs: repository.jobs,
    modelFile: repository.model.file,
    hasData: repository.evaluate !== undefined,
    hasGates: repository.gates.length + policyGates.length > 0,
    onDefaultBranch: branch === project.defaultBranch,
    branch,
    ...(notServed !== undefined && { notServed }),
    environments: asked.map(({ request, bounded }) => ({
      name: request.name,
      ...(bounded.allowed
        ? { approval: bounded.approval, allowed: true }
        : { approval: false, allowed: false, refusal: bounded.refusal }),
    })),
  })
  const bounds = asked.flatMap(({ bounded }) => (bounded.allowed ? bounded.reasons : []))
  return { repository, policyGates, jobs, problems: [...lines, ...bounds] }
}

/** The commit's own ballast.yaml, else what its files say by convention; undefined where there is no model at all. */
async function readConfig(
  directory: string,
  commit: CommitId,
  project: Project,
): Promise<ParsedConfig | undefined> {
  const files = await listFiles(directory, commit)
  const facts = {
    repositoryName: project.name,
    defaultBranch: project.defaultBranch,
    files: files.filter(({ kind }) => kind === 'file').map(({ path }) => path),
  }
  if (!files.some(({ path }) => path === CONFIG_FILE)) return configFromConvention(facts.files, facts)
  try {
    const bytes = await readFile(directory, commit, CONFIG_FILE, MAX_CONFIG_BYTES)
    return parseConfig(new TextDecoder().decode(bytes), { file: CONFIG_FILE, ...facts })
  } catch (error) {
    if (!(error instanceof GitError)) throw error
    const at = { file: CONFIG_FILE, line: 1, column: 1 }
    return {
      diagnostics: [
        {
          severity: 'error',
          code: error.code,
          message: error.message,
          at,
          ...(error.hint && { hint: error.hint }),
        },
      ],
    }
  }
}
