import type { CompileRequest } from '../types.ts'
import type { Conditions, Expander, JobOutline, Judge, Verdict } from './plan/judge.ts'
import { type Decision, decideRules, decideWorkflow } from './rules/decide.ts'
import { type Occasion, occasionOf, withVariables } from './rules/occasion.ts'
import { decideRefPolicies } from './rules/policies.ts'
import type { VariableSpec } from './types.ts'
import { expandVariables } from './variables/expand.ts'
import { expandAll } from './variables/expand-all.ts'
import { type LayeredVariable, layered } from './variables/layers.ts'
import { jobPlanVariables } from './variables/predefined/job.ts'
import { pipelineVariables } from './variables/predefined/pipeline.ts'

/** Known once the pipeline or the job is there: who starts it puts them in. */
const LATER: ReadonlySet<string> = new Set([
  'CI_JOB_ID',
  'CI_JOB_STARTED_AT',
  'CI_JOB_URL',
  'CI_PIPELINE_CREATED_AT',
  'CI_PIPELINE_ID',
  'CI_PIPELINE_IID',
  'CI_PIPELINE_URL',
])

type Variables = ReadonlyMap<string, LayeredVariable>

/** The variables and conditions of one request. `occasion` is what an include sees: no variables of the files. */
export function judgeOf(request: CompileRequest): { readonly judge: Judge; readonly occasion: Occasion } {
  const { trigger, project, file, files, variables: given } = request
  const pipeline = pipelineVariables({ trigger, project, file })
  const variablesOf = (written: readonly VariableSpec[], job?: JobOutline): Variables => {
    const predefined = job ? new Map([...pipeline, ...jobPlanVariables(contextOf(job))]) : pipeline
    return layered({ predefined, written, given, pipeline: trigger.variables })
  }
  const occasion = occasionOf({ trigger, project, file, files }, variablesOf([]))
  const seeing = (written: readonly VariableSpec[], job?: JobOutline): Occasion =>
    withVariables(occasion, variablesOf(written, job))
  const judge: Judge = {
    workflow: async (rules, written) => verdictOf(await decideWorkflow(rules, seeing(written))),
    job: async (conditions, written, job) => verdictOf(await decideJob(conditions, seeing(written, job))),
    expander: (written, job) => expanderOf(() => variablesOf(written, job)),
  }
  return { judge, occasion }
}

function contextOf({ name, stage, environment }: JobOutline): Parameters<typeof jobPlanVariables>[0] {
  return {
    name,
    stage,
    ...(environment !== undefined && { environment: { name: environment, action: 'start' } }),
  }
}

function decideJob(conditions: Conditions, occasion: Occasion): Promise<Decision> {
  const { rules, only, except, hasWorkflowRules } = conditions
  return rules
    ? decideRules(rules, occasion)
    : decideRefPolicies(only, except, occasion, { hasWorkflowRules })
}

function verdictOf({ included, why, rule, problems }: Decision): Verdict {
  if (included) return { included, why, problems, ...(rule && { rule }) }
  return { included, reason: why, problems, ...(rule && { at: rule.at }) }
}

/** Most jobs have no name with a variable in it, so all are expanded when the first is asked for. */
function expanderOf(variables: () => Variables): Expander {
  let values: ReadonlyMap<string, string> | undefined
  const get = (name: string): string | undefined => {
    values ??= expandAll(variables(), 'names').values
    return values.get(name) ?? (LATER.has(name) ? `\${${name}}` : undefined)
  }
  return {
    name: text => expandVariables(text, get, 'names'),
    part: text => expandVariables(text, get, 'paths'),
  }
}
