import { globsSelect, type Milliseconds } from '../../core/index.ts'
import type { Plan, PlannedJob, StageKind } from '../types.ts'
import { asLastStage, freeName } from './model-stage.ts'
import { sortJobs } from './order.ts'

/** An environment that the commit's file asks to deploy to, for a branch that matches. */
export interface DeployTarget {
  readonly name: string
  /** Name of its job; default `deploy:` and its own. */
  readonly job?: string
  /** Environments in which a version must have been promoted before it goes to this one. */
  readonly from?: readonly string[]
  /** A person must approve: the file or the environment's policy says so. */
  readonly approval: boolean
  /** How long it waits for that. */
  readonly approvalExpiresMs?: Milliseconds
  /** Whether the policy lets this branch deploy there; where not, the job is skipped. */
  readonly allowed: boolean
  /** Why it does not. */
  readonly refusal?: string
}

export interface PlanInput {
  /** The user's jobs, compiled. */
  readonly jobs: readonly PlannedJob[]
  /** Path of the model in the repository. */
  readonly modelFile: string
  /** The file names data to evaluate on. */
  readonly hasData: boolean
  /** The file or a policy has gates. */
  readonly hasGates: boolean
  /** The file asks for variants of the model. */
  readonly optimizes?: boolean
  readonly onDefaultBranch: boolean
  readonly branch: string
  /** Only environments whose branch pattern matches. */
  readonly environments: readonly DeployTarget[]
  /** Of a model that is converted: path of the samples that it is checked with, which need not be there. */
  readonly samples?: string
  /** Why no environment can serve this model, whatever is asked. */
  readonly notServed?: string
  /** Stages of the jobs, where a dialect has compiled them: the model's own come after the last of these. */
  readonly stages?: readonly string[]
}

const HANDING_ON: ReadonlySet<StageKind> = new Set(['scan', 'convert', 'evaluate', 'optimize'])

const MINUTE = 60_000
/** Reading and scanning, or hashing and registering, a model of many GB from a slow disk. */
const SHORT_STAGE = 15 * MINUTE
/** A large data set on two cores. */
const EVALUATION = 2 * 60 * MINUTE
/** Each change is evaluated, and repaired where it does not pass: a dozen evaluations and more. */
const OPTIMIZATION = 8 * 60 * MINUTE
/** A rollout waits for evidence or a person, so the job sets it no end: the longest delay a timer can hold. */
const NO_TIMEOUT = 2 ** 31 - 1

/**
 * The whole plan of a push: the user's jobs and, behind them, Ballast's own stages.
 *
 *   jobs that make the model -> scan -> inspect -> convert ┐
 *   every other job ───────────────────────────────────────┴> evaluate -> gate -> optimize -> register -> deploy:<environment>
 *
 * Nothing reads a model before it was scanned. Each stage also needs the jobs that make the model, so that it finds it in its workspace.
 * `convert` is there where the model is not ONNX; it waits for the jobs that make its samples too. `evaluate` is there where there is data, `gate` where there are gates,
 * `optimize` where the file asks for variants: it may fail, since the model that was judged can ship without them. A version is registered on the default
 * branch and wherever a deployment follows; elsewhere that job is skipped and says why. A deployment waits for those of the environments that it takes its versions from.
 *
 * Behind a dialect's jobs they are a stage of the plan, its last, so that they go by all of those as a job of the
 * dialect would: a manual job that may be left alone holds nothing up, one that runs on failure skips nothing.
 */
export function buildPlan(input: PlanInput): Plan {
  const skipped = skippedFromTheStart(input.jobs)
  const jobs = input.jobs.filter(job => !skipped.has(job.name))
  const makers = namesOf(makersOf(jobs, input.modelFile))
  const taken = new Set(namesOf(input.jobs))
  const called = (name: string) => freeName(name, taken)

  const scan = stage('scan', called, makers, SHORT_STAGE)
  const inspect = stage('inspect', called, [scan.name, ...makers], SHORT_STAGE)
  const stages = [scan, inspect]
  if (input.samples !== undefined) {
    const needs = [inspect.name, ...makers, ...namesOf(makersOf(jobs, input.samples))]
    stages.push(stage('convert', called, [...new Set(needs)], EVALUATION))
  }
  const read = stages.length
  const add = (kind: StageKind, timeout: Milliseconds, skip?: string, behind: readonly string[] = []) => {
    const previous = stages.at(-1)!
    const tests = stages.length === read && !input.stages ? mustSucceed(jobs) : []
    stages.push(
      stage(kind, called, [...new Set([previous.name, ...behind, ...makers, ...tests])], timeout, skip),
    )
  }
  if (input.hasData) add('evaluate', EVALUATION)
  if (input.hasGates) add('gate', SHORT_STAGE)
  const judged = stages.at(-1)!.name
  if (input.optimizes) {
    add('optimize', OPTIMIZATION, reasonNotToRegister(input))
    stages.push({ ...stages.pop()!, allowFailure: true })
  }
  add('register', SHORT_STAGE, reasonNotToRegister(input), [judged])
  const register = stages.at(-1)!.name
  const targets = input.environments.map(target => ({
    ...target,
    job: called(target.job ?? `deploy:${target.name}`),
  }))
  const deployments = targets.map(target =>
    deploy(target, [register, ...namesBefore(target, targets)], input.notServed),
  )
  const own = [...stages, ...deployments]
  if (!input.stages) return { jobs: sortJobs([...input.jobs, ...own]).sorted }
  const last = asLastStage(own, input.stages)
  return { jobs: sortJobs([...input.jobs, ...last.jobs]).sorted, stages: last.stages }
}

/** Jobs that keep the model; those that may well not run only where there is no other. */
function makersOf(jobs: readonly PlannedJob[], modelFile: string): readonly PlannedJob[] {
  const makers = jobs.filter(job => makesModel(job, modelFile))
  const sure = makers.filter(
    ({ start, allowFailure }) => start?.kind !== 'on_failure' && !(start?.kind === 'manual' && allowFailure),
  )
  return sure.length > 0 ? sure : makers
}

/** Whether a job keeps the file that is the model, or the folder that is a SavedModel. */
export function makesModel(job: Pick<PlannedJob, 'artifacts'>, modelFile: string): boolean {
  return globsSelect(job.artifacts, modelFile) || globsSelect(job.artifacts, `${modelFile}/saved_model.pb`)
}

function stage(
  kind: StageKind,
  called: (name: string) => string,
  needs: readonly string[],
  timeout: Milliseconds,
  skip?: string,
): PlannedJob {
  return {
    name: called(kind),
    work: { kind: 'stage', stage: kind },
    needs,
    env: {},
    // What was scanned, the model in ONNX and the rows of an evaluation, for the stages behind; the control plane
    // takes this folder from stages only.
    artifacts: HANDING_ON.has(kind) ? ['.ballast/**'] : [],
    timeout,
    retries: 0,
    allowFailure: false,
    ...(skip !== undefined && { skip }),
  }
}

type NamedTarget = DeployTarget & { readonly job: string }

/** Jobs of the environments that this one takes its versions from; where policies and file lead in a circle, none. */
function namesBefore({ name, from = [] }: DeployTarget, targets: readonly NamedTarget[]): readonly string[] {
  const sourcesOf = (other: string) => targets.find(target => target.name === other)?.from ?? []
  const isBehind = (other: string, seen: ReadonlySet<string>): boolean =>
    other === name ||
    sourcesOf(other).some(source => !seen.has(source) && isBehind(source, new Set([...seen, source])))
  return targets
    .filter(target => from.includes(target.name) && !isBehind(target.name, new Set([target.name])))
    .map(({ job }) => job)
}

function deploy(
  { name, job, approval, approvalExpiresMs, allowed, refusal }: NamedTarget,
  needs: readonly string[],
  notServed?: string,
): PlannedJob {
  const skip = allowed ? notServed : (refusal ?? `the policy of ${name} does not allow it`)
  return {
    name: job,
    work: { kind: 'deploy', environment: name, approval },
    needs,
    env: {},
    artifacts: [],
    timeout: NO_TIMEOUT,
    retries: 0,
    allowFailure: false,
    ...(approvalExpiresMs !== undefined && { approvalExpiresMs }),
    ...(skip !== undefined && { skip }),
  }
}

function reasonNotToRegister({ onDefaultBranch, environments, branch }: PlanInput): string | undefined {
  if (onDefaultBranch || environments.some(({ allowed }) => allowed)) return undefined
  return `nothing is deployed from branch '${branch}', and versions are registered on the default branch`
}

/**
 * Jobs that the first judging stage must name so that all user jobs have ended well before: those that no other job
 * vouches for. A job that may fail vouches for nothing.
 */
function mustSucceed(jobs: readonly PlannedJob[]): readonly string[] {
  const vouched = new Set(jobs.filter(job => !job.allowFailure).flatMap(job => job.needs))
  return namesOf(jobs).filter(name => !vouched.has(name))
}

/** Jobs that a rule skips, and those that are skipped with them. `jobs` is sorted. */
function skippedFromTheStart(jobs: readonly PlannedJob[]): ReadonlySet<string> {
  const skipped = new Set<string>()
  const forgiven = new Set(jobs.filter(job => job.allowFailure).map(job => job.name))
  for (const job of jobs) {
    const behind = job.needs.some(need => skipped.has(need) && (job.order === 'dag' || !forgiven.has(need)))
    if (job.skip !== undefined || behind) skipped.add(job.name)
  }
  return skipped
}

function namesOf(jobs: readonly PlannedJob[]): readonly string[] {
  return jobs.map(job => job.name)
}
