import type { PlannedJob } from '../../../../types.ts'
import type { JobFacts, ProjectFacts, TriggerFacts } from '../../../types.ts'
import { jobPlanVariables } from './job.ts'
import { pipelineVariables } from './pipeline.ts'
import { slugOf } from './slug.ts'
import { type Predefined, valuesOf } from './table.ts'

interface Context {
  readonly project: ProjectFacts
  readonly job: PlannedJob
  readonly facts: JobFacts
}

/** A job does not know the file by which its pipeline was asked for; nearly always it is this one. */
const CONFIG_PATH = '.gitlab-ci.yml'

const RUNTIME: readonly Predefined<Context>[] = [
  { name: 'CI_SERVER', value: () => 'yes' },
  { name: 'CI_PIPELINE_ID', value: ({ facts }) => facts.pipelineId },
  { name: 'CI_PIPELINE_IID', value: ({ facts }) => `${facts.pipelineNumber}` },
  { name: 'CI_PIPELINE_CREATED_AT', value: ({ facts }) => facts.pipelineCreatedAt },
  {
    name: 'CI_PIPELINE_URL',
    value: ({ project, facts }) => `${project.serverUrl}/pipelines/${facts.pipelineId}`,
  },
  { name: 'CI_JOB_ID', value: ({ facts }) => facts.id },
  { name: 'CI_JOB_STARTED_AT', value: ({ facts }) => facts.startedAt },
  { name: 'CI_JOB_STARTED_AT_SLUG', value: ({ facts }) => slugOf(facts.startedAt) },
  { name: 'CI_JOB_TIMEOUT', note: 'in seconds', value: ({ job }) => `${Math.ceil(job.timeout / 1000)}` },
  {
    name: 'CI_JOB_URL',
    note: "the pipeline's page, which has its jobs",
    value: ({ project, facts }) => `${project.serverUrl}/pipelines/${facts.pipelineId}#job-${facts.position}`,
  },
  { name: 'CI_JOB_TOKEN', value: ({ facts }) => facts.token },
  { name: 'CI_REPOSITORY_URL', note: 'holds the token of the job', value: repositoryUrl },
  { name: 'CI_PROJECT_DIR', value: ({ facts }) => facts.workspace },
  { name: 'CI_BUILDS_DIR', value: ({ facts }) => facts.workspace.replace(/\/[^/]+\/?$/, '') || '/' },
  { name: 'CI_RUNNER_ID', note: 'the name', value: ({ facts }) => facts.runner },
  { name: 'CI_RUNNER_DESCRIPTION', value: ({ facts }) => facts.runner },
  { name: 'CI_RUNNER_TAGS', value: ({ facts }) => facts.runnerLabels.join(',') },
  { name: 'CI_ENVIRONMENT_URL', value: ({ facts }) => facts.environmentUrl },
]

function repositoryUrl({ project, facts }: Context): string | undefined {
  const address = `${project.serverUrl}/${project.name}.git`
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  if (facts.token) [url.username, url.password] = ['gitlab-ci-token', facts.token]
  return url.href
}

/** Everything that a job finds defined as it starts, beside what files, project and trigger set. */
export function jobVariables(
  trigger: TriggerFacts,
  project: ProjectFacts,
  job: PlannedJob,
  facts: JobFacts,
): Readonly<Record<string, string>> {
  const pipeline = pipelineVariables({ trigger, project, file: CONFIG_PATH })
  const planned = jobPlanVariables({
    name: job.name,
    ...(job.stage && { stage: job.stage }),
    ...(job.image && { image: job.image.name }),
    ...(job.environment && { environment: job.environment }),
    manual: job.start?.kind === 'manual',
  })
  const runtime = valuesOf(RUNTIME, { project, job, facts })
  return Object.fromEntries([...pipeline, ...planned, ...runtime])
}
