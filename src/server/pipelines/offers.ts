import type { Project } from '../../access/index.ts'
import type { Offer } from '../../api/index.ts'
import { GitError } from '../../git/index.ts'
import type { Job, Pipeline } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { identityTokens } from '../delivery/identity/tokens.ts'
import { type JobEnvironment, jobEnvironment, type RunnerFacts } from './offers/environment.ts'
import { inputFiles } from './offers/inputs.ts'
import { pointersOf } from './offers/pointers.ts'
import { scriptPart, wantsSource } from './offers/script.ts'
import { stageInput } from './offers/stage-input.ts'
import { submoduleStrategy, submodulesOf } from './offers/submodules.ts'

/** Everything of an offer but its lease. */
export type OfferedWork = Omit<Offer, 'attempt' | 'number' | 'fence' | 'leaseMs' | 'token'>

/** What a runner needs to know to try a job. */
export async function offeredWork(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  project: Project,
  by: RunnerFacts,
): Promise<OfferedWork> {
  const environment = await jobEnvironment(plane, pipeline, job, project, by)
  const tokens = await identityTokens(plane, pipeline, job, project, {
    runner: by.runner,
    expand: environment.expand,
  })
  const files = Object.entries(environment.files).filter(([name]) => !Object.hasOwn(tokens, name))
  const { work } = job.plan
  return {
    job: job.id,
    jobName: job.plan.name,
    pipeline: pipeline.id,
    project: project.name,
    commit: pipeline.commit,
    work: await workOf(plane, pipeline, job, project),
    env: { ...environment.env, ...tokens },
    ...(files.length > 0 && { files: Object.fromEntries(files) }),
    secrets: [...environment.masked, ...(job.plan.dialect ? [by.token] : []), ...Object.values(tokens)],
    timeoutMs: job.plan.timeout,
    artifacts: job.plan.artifacts.map(environment.expand),
    ...(work.kind === 'script' && (await scriptPart(plane, pipeline, job, environment))),
    ...((await wantsLfs(plane, pipeline, job, environment)) && { lfs: true }),
    ...(await submodulesFor(plane, pipeline, job, project, environment)),
    inputs: (await inputFiles(plane, pipeline, job, environment.expand)).map(file => ({ ...file })),
  }
}

const GONE: readonly string[] = ['COMMIT_UNKNOWN', 'REPOSITORY_MISSING']

/** As git-lfs itself: a job that does not want the files gets the pointers. */
async function wantsLfs(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  { env }: JobEnvironment,
): Promise<boolean> {
  const wantsFiles = job.plan.dialect !== 'gitlab' || wantsSource(job.plan, env)
  if (!wantsFiles || isTrue(env['GIT_LFS_SKIP_SMUDGE'])) return false
  try {
    return (await pointersOf(plane, pipeline)).length > 0
  } catch (error) {
    // Whoever fetches the source says it better.
    if (error instanceof GitError && GONE.includes(error.code)) return false
    throw error
  }
}

/** A boolean as git-lfs reads one. */
function isTrue(text = ''): boolean {
  return ['true', '1', 'on', 'yes', 't'].includes(text.toLowerCase())
}

/** As GitLab's GIT_SUBMODULE_STRATEGY asks for them. */
async function submodulesFor(
  plane: ControlPlane,
  pipeline: Pipeline,
  { plan }: Job,
  project: Project,
  { env }: JobEnvironment,
): Promise<Pick<Offer, 'submodules'>> {
  const strategy = submoduleStrategy(env['GIT_SUBMODULE_STRATEGY'])
  if (strategy === undefined || !wantsSource(plan, env)) return {}
  const { given, elsewhere } = await submodulesOf(plane, pipeline, project, strategy)
  if (given.length + elsewhere.length === 0) return {}
  const names = given.map(({ path, project: { name }, commit }) => ({ path, project: name, commit }))
  return { submodules: { given: names, elsewhere: [...elsewhere] } }
}

/** What an attempt at this job may read beside the commit: knowing a digest grants nothing. */
export async function readableFiles(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  project: Project,
  by: RunnerFacts,
): Promise<readonly { readonly digest: string }[]> {
  const { expand } = job.plan.inputsElsewhere
    ? await jobEnvironment(plane, pipeline, job, project, by)
    : { expand: (text: string) => text }
  const inputs = await inputFiles(plane, pipeline, job, expand)
  if (job.plan.work.kind !== 'stage') return inputs
  const { production } = await stageInput(plane, pipeline, project, job.plan.work.stage)
  return [...inputs, ...(production?.files ?? [])]
}

async function workOf(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  project: Project,
): Promise<Offer['work']> {
  const { work } = job.plan
  if (work.kind === 'stage')
    return { kind: 'stage', input: await stageInput(plane, pipeline, project, work.stage) }
  if (work.kind !== 'script') throw new TypeError(`Job ${job.id} is the control plane's own`)
  return {
    kind: 'script',
    shell: work.shell,
    phases: work.phases.map(phase => ({ ...phase, steps: [...phase.steps] })),
  }
}
