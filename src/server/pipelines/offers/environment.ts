import type { Project } from '../../../access/index.ts'
import { isoOf } from '../../../core/index.ts'
import {
  type Dialect,
  dialectOf,
  type Job,
  type JobFacts,
  type KeptFile,
  type Pipeline,
  WORKSPACE_PLACE,
} from '../../../pipeline/index.ts'
import { parseDotenv } from '../../../runner/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { jobSecrets } from '../secrets/job-secrets.ts'
import { secretMissing } from '../secrets/secret-missing.ts'
import type { SecretVariable } from '../starting/given.ts'
import { variableReports } from './inputs.ts'

/** A dotenv report is at most this long; a larger one never was one. */
const MAX_DOTENV_BYTES = 5120

/** Who runs a job, as far as its variables tell of it. */
export interface RunnerFacts {
  readonly runner: string
  readonly labels: readonly string[]
  readonly token: string
}

export interface JobEnvironment {
  readonly env: Readonly<Record<string, string>>
  /** Variables that are given as the path of a file with this content. */
  readonly files: Readonly<Record<string, string>>
  /** Values to keep out of logs. */
  readonly masked: readonly string[]
  /** References in a text replaced by the values of the variables; where the dialect has none, the text itself. */
  expand(text: string): string
}

/**
 * The variables of a job, each layer over the one before it: what the dialect defines itself, the job's own of its
 * plan, those that earlier jobs hand on, the project's and its group's, those that the pipeline was asked for with, and
 * what somebody gave who started the job. A project's word comes before that of a pushed file: a job that asks for a
 * name gets what an admin put there.
 */
export async function jobEnvironment(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  project: Project,
  by: RunnerFacts,
): Promise<JobEnvironment> {
  const { plan } = job
  // Ballast's own code takes no word from outside.
  if (plan.work.kind === 'stage') {
    const env = { ...ballastVariables(pipeline, job, project), ...plan.env }
    return { env, files: {}, masked: [], expand: text => text }
  }
  const secrets = await jobSecrets(plane, pipeline, job, project)
  const asked = await askedSecrets(plane, pipeline, job, project, secrets)
  const layers: readonly Readonly<Record<string, string>>[] = [
    ballastVariables(pipeline, job, project),
    predefined(plane, pipeline, job, project, by),
    plan.env,
    await handedOn(plane, pipeline, job),
    named(secrets),
    named(asked),
    pipeline.trigger?.variables ?? {},
    job.variables ?? {},
  ]
  const env = new Map<string, string>()
  for (const layer of layers) for (const [name, value] of Object.entries(layer)) env.set(name, value)
  const literal = literalNames(job, pipeline, [...secrets, ...asked])
  const expanded = expand(job, Object.fromEntries(env), literal)
  const isFile = fileNames(job, pipeline, [...secrets, ...asked])
  return {
    env: pick(expanded.env, name => !isFile.has(name)),
    files: pick(expanded.env, name => isFile.has(name)),
    masked: [...new Set([...secrets, ...asked].filter(({ masked }) => masked).map(({ value }) => value))],
    expand: expanded.text,
  }
}

/** What every job finds, of whatever dialect. */
function ballastVariables(pipeline: Pipeline, job: Job, project: Project): Record<string, string> {
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

function predefined(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  project: Project,
  { runner, labels, token }: RunnerFacts,
): Readonly<Record<string, string>> {
  const dialect = dialectFor(job)
  const trigger = pipeline.trigger
  if (!dialect || !trigger) return {}
  const facts: JobFacts = {
    id: job.id,
    pipelineId: pipeline.id,
    pipelineNumber: pipeline.number,
    position: job.position,
    startedAt: isoOf(job.startedAt ?? plane.clock.now()),
    pipelineCreatedAt: isoOf(pipeline.createdAt),
    workspace: WORKSPACE_PLACE,
    runner,
    runnerLabels: labels,
    token,
    ...(job.plan.environment?.url !== undefined && { environmentUrl: job.plan.environment.url }),
  }
  const { id, name, defaultBranch } = project
  return dialect.jobVariables(
    trigger,
    { id, name, defaultBranch, serverUrl: plane.settings.publicUrl },
    job.plan,
    facts,
  )
}

function dialectFor({ plan }: Job): Dialect | undefined {
  return plan.dialect === undefined ? undefined : dialectOf(plan.dialect)
}

/** Variables of earlier jobs' dotenv reports. What is none any more counts as empty: its own job was told. */
async function handedOn(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
): Promise<Readonly<Record<string, string>>> {
  const variables = new Map<string, string>()
  for (const file of await variableReports(plane, pipeline, job)) {
    for (const { name, value } of await dotenvOf(plane, file)) variables.set(name, value)
  }
  return Object.fromEntries(variables)
}

/** Variables of a kept dotenv report; none where it is none. */
export async function dotenvOf(
  { blobs }: Pick<ControlPlane, 'blobs'>,
  { digest, size }: KeptFile,
): Promise<readonly { readonly name: string; readonly value: string }[]> {
  if (size > MAX_DOTENV_BYTES) return []
  const source = await blobs.open(digest)
  try {
    const report = parseDotenv(await source.read(0, size))
    return 'variables' in report ? report.variables : []
  } finally {
    await source.close()
  }
}

/** Secrets of the project that the job asks for under a name of its own. Throws SECRET_MISSING. */
async function askedSecrets(
  plane: ControlPlane,
  pipeline: Pipeline,
  job: Job,
  project: Project,
  secrets: readonly SecretVariable[],
): Promise<readonly SecretVariable[]> {
  const asked: SecretVariable[] = []
  for (const { variable, secret, file } of job.plan.secrets ?? []) {
    const found = secrets.find(({ name }) => name === secret)
    if (!found) throw await secretMissing(plane, pipeline, job, project, secret)
    asked.push({ ...found, name: variable, file, literal: true, masked: true })
  }
  return asked
}

function named(variables: readonly SecretVariable[]): Readonly<Record<string, string>> {
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]))
}

/** Names whose values are taken as they are. A layer that comes later says so for its own. */
function literalNames(job: Job, pipeline: Pipeline, secrets: readonly SecretVariable[]): ReadonlySet<string> {
  const literal = new Set(job.plan.literal ?? [])
  for (const { name, ...secret } of secrets) {
    if (secret.literal) literal.add(name)
    else literal.delete(name)
  }
  for (const name of Object.keys({ ...pipeline.trigger?.variables, ...job.variables })) literal.delete(name)
  return literal
}

function fileNames(job: Job, pipeline: Pipeline, secrets: readonly SecretVariable[]): ReadonlySet<string> {
  const files = new Set(job.plan.fileVariables ?? [])
  for (const { name, file } of secrets) {
    if (file) files.add(name)
    else files.delete(name)
  }
  for (const name of Object.keys({ ...pipeline.trigger?.variables, ...job.variables })) files.delete(name)
  return files
}

function expand(
  job: Job,
  env: Readonly<Record<string, string>>,
  literal: ReadonlySet<string>,
): { readonly env: Readonly<Record<string, string>>; text(text: string): string } {
  const dialect = job.plan.expand ? dialectFor(job) : undefined
  if (!dialect) return { env, text: text => text }
  const expanded = dialect.expandVariables(env, literal)
  return { env: expanded, text: text => dialect.expandText(text, expanded) }
}

function pick(
  env: Readonly<Record<string, string>>,
  wanted: (name: string) => boolean,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => wanted(name)))
}
