import { referencedInputs } from '../../../../job-inputs.ts'
import type { PlannedJob, Start } from '../../../../types.ts'
import { quote } from '../../../../yaml/located.ts'
import { parsePeriod } from '../../keywords/reader/durations.ts'
import type { KeywordFindings } from '../../keywords/reader/findings.ts'
import type { DecidedJob } from '../decided.ts'
import type { Expander } from '../judge.ts'
import type { ResolvedNeeds } from '../needs.ts'
import { stageOf } from '../stages.ts'
import { environmentOf as variablesOf } from '../variables.ts'
import { environmentOf, labelsOf, mirrorOf, triggerOf } from './delivery.ts'
import { imageOf, serviceOf } from './images.ts'
import { artifactsOf, cachesOf } from './keeping.ts'
import { phasesOf } from './phases.ts'

/** GitLab's own for a new project. */
const DEFAULT_TIMEOUT = 3_600_000

/** `needs` where it has some, `dependencies` as the names of the instances whose artifacts it takes. */
export function plannedJob(
  job: DecidedJob,
  needs: ResolvedNeeds | undefined,
  dependencies: readonly string[] | undefined,
  findings: KeywordFindings,
): PlannedJob {
  const { instance, keys, why } = job
  const expander = job.expander()
  const planned: PlannedJob = {
    name: instance.name,
    at: instance.job.at,
    ...(why !== undefined && { why }),
    dialect: 'gitlab',
    work: workOf(job, expander),
    stage: stageOf(instance.job),
    ...orderOf(needs, dependencies),
    ...elsewhereOf(job, expander),
    ...startOf(job, expander),
    ...variablesOf(job.variables),
    ...(keys.inputs && { jobInputs: keys.inputs }),
    ...artifactsOf(instance.job.name, keys),
    timeout: keys.timeout ?? DEFAULT_TIMEOUT,
    retries: keys.retry?.max ?? 0,
    ...(keys.retry?.only && { retryWhen: keys.retry.only }),
    ...allowance(job),
    ...placeOf(job, expander),
    ...deliveryOf(job, expander, findings),
  }
  tellUnknownInputs(planned, findings)
  for (const problem of expander.problems())
    findings.error(instance.job.at, 'VARIABLES_INVALID', `Job ${quote(instance.name)}: ${problem}`)
  return planned
}

/** Of a job that has inputs: texts of others may have these signs for somebody else. */
function tellUnknownInputs(
  { jobInputs, work, name, at, artifacts }: PlannedJob,
  findings: KeywordFindings,
): void {
  if (!jobInputs || !at) return
  const steps = work.kind === 'script' ? work.phases.flatMap(phase => phase.steps) : []
  const unknown = referencedInputs([...steps, ...artifacts]).find(input => !Object.hasOwn(jobInputs, input))
  if (unknown === undefined) return
  const facts = findings.nearest(unknown, Object.keys(jobInputs))
  findings.error(at, 'INPUT_UNKNOWN', `Job ${quote(name)} has no input ${quote(unknown)}`, facts)
}

function workOf({ keys }: DecidedJob, { name }: Expander): PlannedJob['work'] {
  if (keys.trigger) return triggerOf(keys.trigger, name)
  const project = keys.needs?.mirror
  return project === undefined ? phasesOf(keys) : mirrorOf(name(project))
}

function orderOf(
  needs: ResolvedNeeds | undefined,
  dependencies: readonly string[] | undefined,
): Pick<PlannedJob, 'needs' | 'order' | 'inputs'> {
  if (!needs) return { needs: [], order: 'stages', ...(dependencies && { inputs: dependencies }) }
  const wanted = dependencies && new Set(dependencies)
  return {
    needs: needs.names,
    order: 'dag',
    inputs: wanted ? needs.inputs.filter(name => wanted.has(name)) : needs.inputs,
  }
}

/** What only the control plane can find: jobs of other pipelines. Variables of the job's start are kept. */
function elsewhereOf({ elsewhere }: DecidedJob, expander: Expander): Pick<PlannedJob, 'inputsElsewhere'> {
  if (elsewhere.length === 0) return {}
  return {
    inputsElsewhere: elsewhere.map(({ job, from }) => ({
      job: expander.part(job),
      from:
        from.kind === 'pipeline'
          ? { kind: 'pipeline', pipeline: expander.part(from.pipeline) }
          : { kind: 'project', project: expander.part(from.project), ref: expander.part(from.ref) },
    })),
  }
}

function startOf({ when, startIn, keys }: DecidedJob, expander: Expander): { readonly start?: Start } {
  if (when === 'on_success') return {}
  if (when === 'delayed') return { start: { kind: 'delayed', delay: parsePeriod(startIn ?? '') ?? 0 } }
  if (when !== 'manual') return { start: { kind: when } }
  const question = keys.manual_confirmation
  return {
    start: { kind: 'manual', ...(question !== undefined && { confirmation: expander.name(question) }) },
  }
}

function allowance({
  allowFailure,
}: DecidedJob): Pick<PlannedJob, 'allowFailure'> & { allowFailureExitCodes?: readonly number[] } {
  if (typeof allowFailure === 'boolean') return { allowFailure }
  return { allowFailure: false, allowFailureExitCodes: allowFailure.exitCodes }
}

/** Where it runs, and what it finds there. */
function placeOf({ keys }: DecidedJob, expander: Expander): Partial<PlannedJob> {
  const caches = cachesOf(keys.cache ?? [])
  return {
    ...(keys.image && { image: imageOf(keys.image) }),
    ...(keys.services?.length && {
      services: keys.services.map(service => serviceOf(service, expander.part)),
    }),
    ...labelsOf(keys.tags ?? [], expander.name),
    ...(caches.length > 0 && { caches }),
    ...(keys.secrets?.length && { secrets: keys.secrets }),
    ...(keys.id_tokens?.length && { idTokens: keys.id_tokens }),
  }
}

function deliveryOf(job: DecidedJob, expander: Expander, findings: KeywordFindings): Partial<PlannedJob> {
  const { keys, interruptible } = job
  const { resource_group, environment, coverage, release } = keys
  const group = resource_group === undefined ? undefined : expander.name(resource_group).trim()
  return {
    ...(interruptible !== undefined && { interruptible }),
    ...(group !== undefined && group !== '' && { resourceGroup: { name: group } }),
    ...(environment && { environment: environmentOf(environment, job, expander, findings) }),
    ...(coverage !== undefined && { coverage }),
    ...(release && { release }),
  }
}
