import type { ExcludedJob } from '../../../types.ts'
import type { JobKeys } from '../keywords/job/job.ts'
import type { WrittenConfig, WrittenJob } from '../keywords/read.ts'
import type { KeywordFindings } from '../keywords/reader/findings.ts'
import type { Rule, VariableSpec } from '../types.ts'
import type { DecidedJob } from './decided.ts'
import { withDefaults } from './inherit.ts'
import type { Instance } from './instances.ts'
import type { Conditions, Judge } from './judge.ts'
import { stageOf } from './stages.ts'
import { inheritedVariables, mergeVariables } from './variables.ts'

export interface Decisions {
  readonly decided: readonly DecidedJob[]
  readonly excluded: readonly ExcludedJob[]
}

/** Which instances are in the pipeline, one after the other: rules see the variables of each. */
export async function decideJobs(
  config: WrittenConfig,
  instances: readonly Instance[],
  globals: readonly VariableSpec[],
  judge: Judge,
  findings: KeywordFindings,
): Promise<Decisions> {
  const decided: DecidedJob[] = []
  const excluded: ExcludedJob[] = []
  const shared = new Map<WrittenJob, Shared>()
  for (const instance of instances) {
    const { job } = instance
    const common = shared.get(job) ?? sharedOf(job, config, globals)
    shared.set(job, common)
    const variables = mergeVariables(common.variables, instance.variables)
    const outline = { name: instance.name, stage: stageOf(job) }
    const verdict = await judge.job(common.conditions, variables, outline)
    findings.tell(verdict.problems)
    // There is no plan any more, and no room for more of what is wrong.
    if (findings.full) break
    if (!verdict.included) {
      excluded.push({ name: instance.name, at: verdict.at ?? job.at, reason: verdict.reason })
      continue
    }
    const all = mergeVariables(variables, verdict.rule?.variables ?? [])
    decided.push({
      ...attributesOf(common.keys, verdict.rule),
      instance,
      keys: common.keys,
      variables: all,
      expander: () => judge.expander(all, outline),
      inEnvironment: environment => judge.expander(all, { ...outline, environment }),
      why: verdict.why,
    })
  }
  return { decided, excluded }
}

/** What the instances of a job have in common. */
interface Shared {
  readonly keys: JobKeys
  readonly conditions: Conditions
  readonly variables: readonly VariableSpec[]
}

function sharedOf(job: WrittenJob, config: WrittenConfig, globals: readonly VariableSpec[]): Shared {
  const hasWorkflowRules = config.globals.workflow?.rules !== undefined
  return {
    keys: withDefaults(job, config.globals),
    conditions: conditionsOf(job, hasWorkflowRules),
    variables: mergeVariables(inheritedVariables(job, globals), job.keys.variables ?? []),
  }
}

/** What `only` says nothing about is as if it were not written: branches and tags. */
const DEFAULT_REFS = ['branches', 'tags']

function conditionsOf({ keys }: WrittenJob, hasWorkflowRules: boolean): Conditions {
  const { rules, only, except } = keys
  if (rules) return { rules, hasWorkflowRules }
  return {
    hasWorkflowRules,
    ...(only && { only: { refs: DEFAULT_REFS, ...only } }),
    ...(except && { except }),
  }
}

/** A rule outranks the job. A manual job may fail by default, where the job and no rule makes it manual. */
function attributesOf(
  keys: JobKeys,
  rule: Rule | undefined,
): Pick<DecidedJob, 'when' | 'startIn' | 'allowFailure' | 'interruptible' | 'needs' | 'elsewhere'> {
  const when = rule?.when ?? keys.when ?? 'on_success'
  const startIn = rule?.startIn ?? keys.start_in
  const interruptible = rule?.interruptible ?? keys.interruptible
  const needs = rule?.needs ?? keys.needs
  return {
    when: when === 'never' ? 'on_success' : when,
    allowFailure: rule?.allowFailure ?? keys.allow_failure ?? keys.when === 'manual',
    ...(startIn !== undefined && { startIn }),
    ...(interruptible !== undefined && { interruptible }),
    ...(needs?.jobs && { needs: needs.jobs }),
    elsewhere: needs?.elsewhere ?? [],
  }
}
