import { LATE_VARIABLES } from '../../late.ts'
import type { CompileRequest } from '../types.ts'
import type { Work } from './expression/work.ts'
import type { Conditions, Expander, JobOutline, Judge, Verdict } from './plan/judge.ts'
import { type Decision, decideRules, decideWorkflow } from './rules/decide.ts'
import { type Occasion, occasionOf, withVariables } from './rules/occasion.ts'
import { decideRefPolicies } from './rules/policies.ts'
import type { VariableSpec } from './types.ts'
import { expandVariables } from './variables/expand.ts'
import { type ExpandedVariables, expandAll, refers } from './variables/expand-all.ts'
import { layering, type Variables } from './variables/layers.ts'
import { jobPlanVariables } from './variables/predefined/job.ts'
import { pipelineVariables } from './variables/predefined/pipeline.ts'

/** Known once the pipeline or the job is there: who starts it puts them in. */
const LATER: ReadonlySet<string> = new Set(LATE_VARIABLES)

/** Characters that variables put into the names of a plan: they are kept with it, and real ones have a few thousand. */
const MAX_PUT_IN = 4 * 1_048_576

/** The variables and conditions of one request. `occasion` is what an include sees: no variables of the files. */
export function judgeOf(request: CompileRequest): { readonly judge: Judge; readonly occasion: Occasion } {
  const { trigger, project, file, files, includes, variables: given } = request
  const predefined = pipelineVariables({ trigger, project, file })
  const common = layering({ predefined, given, pipeline: trigger.variables })
  const variablesOf = (written: readonly VariableSpec[], job?: JobOutline): Variables =>
    common(written, job && (() => jobPlanVariables(contextOf(job))))
  const occasion = occasionOf(
    { trigger, project, file, files, projectFiles: async (name, ref) => includes.list?.(name, ref) },
    variablesOf([]),
  )
  const seeing = (written: readonly VariableSpec[], job?: JobOutline): Occasion =>
    withVariables(occasion, variablesOf(written, job))
  const budget = { room: MAX_PUT_IN, work: occasion.lookups.work }
  const judge: Judge = {
    workflow: async (rules, written) => verdictOf(await decideWorkflow(rules, seeing(written))),
    job: async (conditions, written, job) => verdictOf(await decideJob(conditions, seeing(written, job))),
    expander: (written, job) => {
      const suspect = written.some(({ value, expand }) => expand && refers(value))
      return expanderOf(() => variablesOf(written, job), budget, suspect)
    },
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

/**
 * Most jobs have no name with a variable in it, so all are expanded when the first is asked for; or in the end, where
 * some may be `suspect` of going round in a circle.
 */
function expanderOf(
  variables: () => Variables,
  budget: { room: number; readonly work: Work },
  suspect: boolean,
): Expander {
  let expanded: ExpandedVariables | undefined
  let large = false
  const expand = (): ExpandedVariables => {
    expanded ??= expandAll(variables().all(), 'names', budget.work)
    return expanded
  }
  const get = (name: string): string | undefined => {
    return expand().values.get(name) ?? (LATER.has(name) ? `\${${name}}` : undefined)
  }
  const put = (text: string, mechanism: 'names' | 'paths'): string => {
    const value = expandVariables(text, get, mechanism)
    budget.room -= Math.max(0, value.length - text.length)
    large ||= budget.room < 0
    return large ? text : value
  }
  return {
    name: text => put(text, 'names'),
    part: text => put(text, 'paths'),
    problems() {
      const told = suspect || expanded ? problemsOf(expand()) : []
      // Thousands of jobs have thousands of variables, and what was looked up is looked up again where it has to be.
      expanded = undefined
      const spent = budget.work.exhausted ? [TOO_LONG] : []
      return [...told, ...spent, ...(large ? [TOO_MUCH] : [])]
    },
  }
}

const TOO_MUCH = `Variables put more than ${MAX_PUT_IN / 1024} KiB into the names of this pipeline`
const TOO_LONG = 'The variables of this pipeline take too long to put in'
const MAX_SHOWN = 5

function problemsOf({ circles, tooLarge }: ExpandedVariables): readonly string[] {
  const shown = (names: readonly string[]): string => {
    const more = names.length - MAX_SHOWN
    return `${names.slice(0, MAX_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  }
  return [
    ...(circles.length > 0 ? [`These variables refer to each other in a circle: ${shown(circles)}`] : []),
    ...(tooLarge.length > 0 ? [`These variables come to more than 1 MiB: ${shown(tooLarge)}`] : []),
  ]
}
