import type { Project } from '../../access/index.ts'
import type { Offer, StageInput } from '../../api/index.ts'
import type { Job, KeptFile, Pipeline } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { configOf } from './config.ts'

/** Where stages hand evaluations on, in the workspace. */
const HANDOVER = '.ballast/'

/** Everything of an offer but its lease and the project's secrets. */
export type OfferedWork = Omit<Offer, 'attempt' | 'number' | 'fence' | 'leaseMs' | 'token' | 'secrets'>

/** What a runner needs to know to try a job. */
export async function offeredWork(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  project: Project,
): Promise<OfferedWork> {
  const { work } = job.plan
  if (work.kind === 'deploy' || work.kind === 'trigger')
    throw new TypeError(`Job ${job.id} is the control plane's own`)
  return {
    job: job.id,
    jobName: job.plan.name,
    pipeline: pipeline.id,
    project: project.name,
    commit: pipeline.commit,
    work:
      work.kind === 'script'
        ? {
            kind: 'script',
            shell: work.shell,
            phases: work.phases.map(phase => ({ ...phase, steps: [...phase.steps] })),
          }
        : { kind: 'stage', input: await stageInput(plane, pipeline, project, work.stage) },
    env: { ...ciVariables(pipeline, job, project), ...job.plan.env },
    timeoutMs: job.plan.timeout,
    artifacts: [...job.plan.artifacts],
    inputs: (await keptFiles(plane, pipeline, job)).map(file => ({ ...file })),
  }
}

function ciVariables(pipeline: Pipeline, job: Job, project: Project): Record<string, string> {
  const branch = pipeline.ref.replace(/^refs\/heads\//, '')
  return {
    CI: 'true',
    BALLAST: 'true',
    BALLAST_PROJECT: project.name,
    BALLAST_PIPELINE: String(pipeline.number),
    BALLAST_JOB: job.plan.name,
    BALLAST_COMMIT: pipeline.commit,
    BALLAST_BRANCH: branch,
    BALLAST_DEFAULT_BRANCH: project.defaultBranch,
  }
}

/** Files kept by every job that comes before this one, nearest last, so that a nearer job's file wins. */
async function keptFiles(plane: ControlPlane, pipeline: Pipeline, job: Job): Promise<readonly KeptFile[]> {
  if (job.plan.needs.length === 0) return []
  const jobs = await plane.stores.pipelines.jobs(pipeline.id)
  const before = ancestors(job, jobs)
  const byPath = new Map<string, KeptFile>()
  for (const earlier of jobs.filter(({ plan }) => before.has(plan.name))) {
    if (earlier.plan.artifacts.length === 0) continue
    const attempts = await plane.stores.pipelines.attempts(earlier.id)
    const good = attempts.findLast(({ state }) => state === 'succeeded')
    for (const file of good?.artifacts ?? []) {
      // What stages hand on to each other comes from stages alone: no job of a user writes evidence.
      if (file.path.startsWith(HANDOVER) && earlier.plan.work.kind !== 'stage') continue
      byPath.set(file.path, file)
    }
  }
  return [...byPath.values()]
}

function ancestors(job: Job, jobs: readonly Job[]): ReadonlySet<string> {
  const byName = new Map(jobs.map(other => [other.plan.name, other]))
  const found = new Set<string>()
  const visit = (needs: readonly string[]): void => {
    for (const name of needs) {
      if (found.has(name)) continue
      found.add(name)
      visit(byName.get(name)?.plan.needs ?? [])
    }
  }
  visit(job.plan.needs)
  return found
}

async function stageInput(
  plane: ControlPlane,
  pipeline: Pipeline,
  project: Project,
  stage: StageInput['stage'],
): Promise<StageInput> {
  const config = configOf(pipeline)
  if (!config) throw new TypeError(`Pipeline ${pipeline.id} has jobs and no configuration`)
  const production = await productionOf(plane, config.repository.model.name, project)
  return {
    stage,
    project: project.name,
    commit: pipeline.commit,
    config: config.repository,
    policyGates: [...config.policyGates],
    ...(production && { production }),
  }
}

/** What serves in production now: a gate compares with it. */
async function productionOf(
  plane: ControlPlane,
  model: string,
  project: Project,
): Promise<StageInput['production']> {
  const deployment = await plane.stores.rollouts.deployment(model, 'production')
  if (!deployment || deployment.project !== project.id) return undefined
  const version = await plane.stores.versions.byId(deployment.stable)
  if (!version) return undefined
  return {
    versionId: version.id,
    number: version.number,
    config: version.manifest.config,
    files: version.manifest.files.map(file => ({ ...file })),
  }
}
