import { compileCommit, type ModelRepository, parseConfig, planFacts } from '../../../config/index.ts'
import { branchMatches } from '../../../core/index.ts'
import { buildPlan, type CompileResult, type Plan, type PlannedJob } from '../../../pipeline/index.ts'
import type { Compilation, Project } from './compile.ts'

const BRANCH = 'refs/heads/'
/** What a laptop has no server for. */
const ONLY_ON_A_SERVER = 'only on a server'

/** A ballast.yaml, or a model by convention: its jobs, or those of the CI file it names, and the model's stages. */
export async function compileModelRepository(
  project: Project,
  file: string,
  text?: string,
): Promise<Compilation> {
  const { files, includes, trigger, project: facts } = project
  if (text !== undefined) {
    const config = { file, repositoryName: facts.name, defaultBranch: facts.defaultBranch }
    const { repository, diagnostics } = parseConfig(text, { ...config, files: await files.list() })
    if (!repository) return { file, result: { kind: 'problems', diagnostics } }
    return withStages(project, file, repository, { jobs: repository.jobs }, diagnostics)
  }
  const commit = await compileCommit({ files, includes, trigger, project: facts, variables: [] })
  if (commit.kind !== 'commit') return { file, result: commit }
  const { repository, plan, diagnostics } = commit
  if (!repository) return { file: commit.file, result: { kind: 'plan', plan, diagnostics } }
  return withStages(project, commit.file, repository, plan, diagnostics)
}

function withStages(
  { trigger, project }: Project,
  file: string,
  repository: ModelRepository,
  plan: Plan,
  diagnostics: CompileResult['diagnostics'],
): Compilation {
  const branch =
    trigger.ref.startsWith(BRANCH) && trigger.event !== 'merge_request'
      ? trigger.ref.slice(BRANCH.length)
      : undefined
  const facts = planFacts(repository)
  const staged = buildPlan({
    jobs: plan.jobs,
    ...(plan.stages && { stages: plan.stages }),
    ...facts,
    hasGates: facts.notServed === undefined && repository.gates.length > 0,
    onDefaultBranch: branch === project.defaultBranch,
    branch: branch ?? trigger.ref.replace(/^refs\/(tags\/)?/, ''),
    environments: repository.environments
      .filter(request => branch !== undefined && branchMatches(request.branch, branch))
      .map(({ name, approve }) => ({ name, approval: approve, allowed: true })),
  })
  const dialect = repository.ci?.dialect
  return {
    file,
    ...(dialect && { dialect }),
    repository,
    result: {
      kind: 'plan',
      plan: { ...plan, ...staged, jobs: staged.jobs.map(onThisMachine) },
      diagnostics,
    },
  }
}

/** Versions and deployments need the control plane. */
function onThisMachine(job: PlannedJob): PlannedJob {
  const needsServer =
    job.work.kind === 'deploy' || (job.work.kind === 'stage' && job.work.stage === 'register')
  return needsServer && job.skip === undefined ? { ...job, skip: ONLY_ON_A_SERVER } : job
}
