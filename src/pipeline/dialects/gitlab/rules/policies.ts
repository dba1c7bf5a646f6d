import type { Diagnostic } from '../../../../core/index.ts'
import { compilePattern, type Pattern } from '../expression/pattern.ts'
import type { RefPolicy } from '../types.ts'
import { pipelineSource, refKind, refName } from '../variables/predefined/ref.ts'
import { changesHold, conditionHolds, placeOf, problem, type Verdict, verdict } from './clauses.ts'
import type { Decision } from './decide.ts'
import type { Occasion } from './occasion.ts'

const NOWHERE = { file: '', line: 1, column: 1 }
const DEFAULT_ONLY: RefPolicy = { at: NOWHERE, refs: ['branches', 'tags'] }

/**
 * Decides `only` and `except` of a job without `rules`. All keys of `only` have to hold; one of `except` is enough.
 * Without `only` a job is for branches and tags, unless the workflow has rules (`hasWorkflowRules`): then for all.
 */
export async function decideRefPolicies(
  only: RefPolicy | undefined,
  except: RefPolicy | undefined,
  occasion: Occasion,
  { hasWorkflowRules }: { readonly hasWorkflowRules: boolean },
): Promise<Decision> {
  const problems = new Set(conditionProblems(only, except, occasion))
  const reasons: string[] = []
  const wanted = only ?? (hasWorkflowRules ? undefined : DEFAULT_ONLY)
  for (const clause of wanted ? clausesOf(wanted, occasion) : []) {
    const found = await clause()
    for (const each of found.problems) problems.add(each)
    if (!found.holds) return out(only, 'only', found, [...problems])
    if (only) reasons.push(`only: ${found.why}`)
  }
  for (const clause of except ? clausesOf(except, occasion) : []) {
    const found = await clause()
    for (const each of found.problems) problems.add(each)
    if (found.holds || found.problems.some(({ severity }) => severity === 'error')) {
      return out(except, 'except', found, [...problems])
    }
    reasons.push(`except: ${found.why}`)
  }
  return { included: true, why: reasons.join('; ') || 'no rules keep it out', problems: [...problems] }
}

/** All of them, whatever decides: each decides on some occasion. */
function conditionProblems(
  only: RefPolicy | undefined,
  except: RefPolicy | undefined,
  { lookups }: Occasion,
): readonly Diagnostic[] {
  const conditions = [...(only?.variables ?? []), ...(except?.variables ?? [])]
  return conditions.flatMap(({ text, at }) => lookups.condition(text, at).diagnostics)
}

function out(
  policy: RefPolicy | undefined,
  name: string,
  { why }: Verdict,
  problems: readonly Diagnostic[],
): Decision {
  const place = policy ? `${name} at line ${policy.at.line}` : `no ${name}`
  return { included: false, why: `${place}: ${why}`, problems }
}

function clausesOf(policy: RefPolicy, occasion: Occasion): (() => Verdict | Promise<Verdict>)[] {
  const { refs, variables, changes, kubernetes } = policy
  const clauses: (() => Verdict | Promise<Verdict>)[] = []
  if (refs) clauses.push(() => refsHold(refs, policy, occasion))
  if (variables) clauses.push(() => variablesHold(variables, occasion))
  if (changes) clauses.push(() => changesHold({ paths: changes }, policy.at, occasion))
  if (kubernetes) clauses.push(() => verdict(false, 'there is no Kubernetes cluster'))
  return clauses
}

/** Every condition is read, so that all that can't be are told. */
function variablesHold(variables: NonNullable<RefPolicy['variables']>, occasion: Occasion): Verdict {
  const found = variables.map(condition => conditionHolds(condition, occasion))
  const problems = found.flatMap(each => each.problems)
  const holding = found.find(({ holds }) => holds)
  if (holding) return verdict(true, holding.why, problems)
  return verdict(
    false,
    found
      .map(({ why }) => why)
      .slice(0, 3)
      .join('; '),
    problems,
  )
}

function refsHold(refs: readonly string[], policy: RefPolicy, occasion: Occasion): Verdict {
  const problems: Diagnostic[] = []
  for (const ref of refs) {
    const found = refMatches(ref, policy, occasion)
    if (typeof found === 'boolean') {
      if (found) return verdict(true, ref, problems)
    } else problems.push(found)
  }
  const { trigger } = occasion
  const what = `${refKind(trigger).replace('_', ' ')} ${refName(trigger)}, ${pipelineSource(trigger)}`
  return verdict(false, `${refs.slice(0, 5).join(', ')} do not fit ${what}`, problems)
}

/** `branches`, `tags`, a source (`schedules`), a name, `/pattern/`; each may end with `@group/project`. */
function refMatches(text: string, policy: RefPolicy, occasion: Occasion): boolean | Diagnostic {
  const { trigger, project } = occasion
  const separator = text.indexOf('@')
  const ref = separator < 0 ? text : text.slice(0, separator)
  if (separator >= 0 && text.slice(separator + 1) !== project.name) return false
  const kind = refKind(trigger)
  if (ref === 'branches') return kind === 'branch'
  if (ref === 'tags') return kind === 'tag'
  const source = pipelineSource(trigger).replace(/_event$/, '')
  if (ref === source || ref === PLURALS.get(source)) return true
  // A merge request's branch is matched by no name: its pipelines are no branch pipelines.
  if (kind === 'merge_request') return false
  const pattern = patternOf(ref, policy, occasion)
  if (!pattern) return ref === refName(trigger)
  return 'severity' in pattern ? pattern : pattern.matches(refName(trigger), occasion.lookups.work)
}

const PLURALS: ReadonlyMap<string, string> = new Map([
  ['push', 'pushes'],
  ['merge_request', 'merge_requests'],
  ['schedule', 'schedules'],
  ['web', 'webs'],
  ['api', 'apis'],
  ['pipeline', 'pipelines'],
  ['parent_pipeline', 'parent_pipelines'],
])

function patternOf(ref: string, { at }: RefPolicy, { lookups }: Occasion): Pattern | Diagnostic | undefined {
  const end = ref.lastIndexOf('/')
  const flags = ref.slice(end + 1)
  if (!ref.startsWith('/') || end === 0 || !/^[ismU]*$/.test(flags)) return undefined
  return lookups.once(`ref ${placeOf(at)} ${ref}`, () => {
    const compiled = compilePattern(ref.slice(1, end), flags, lookups.work)
    if (compiled.kind === 'pattern') return compiled.pattern
    const { message, hint } = compiled.problem
    return { ...problem(message, at, ref), ...(hint && { hint }) }
  })
}
