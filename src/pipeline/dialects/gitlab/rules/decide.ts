import { type Diagnostic, hasErrors } from '../../../../core/index.ts'
import type { Rule } from '../types.ts'
import { changesHold, conditionHolds, existsHolds, type Verdict, verdict } from './clauses.ts'
import type { Occasion } from './occasion.ts'

/** Whether something is in a pipeline, and why. */
export interface Decision {
  readonly included: boolean
  /** One line for people: `rules[1] at line 14: if $CI_COMMIT_BRANCH == "main" is true: …`. */
  readonly why: string
  /** The rule that decided: its `when`, `variables`, `needs` … are the job's. */
  readonly rule?: Rule
  /** Warnings too. The same objects when the same rules are decided again. */
  readonly problems: readonly Diagnostic[]
}

/** Decides `rules:` of a job: the first that matches, and none means that the job is out. */
export function decideRules(rules: readonly Rule[], occasion: Occasion): Promise<Decision> {
  return decided(rules, 'rules', occasion)
}

/** Decides whether there is a pipeline at all. Without rules there is. */
export async function decideWorkflow(
  rules: readonly Rule[] | undefined,
  occasion: Occasion,
): Promise<Decision> {
  if (!rules) return { included: true, why: 'the workflow has no rules', problems: [] }
  return decided(rules, 'workflow:rules', occasion)
}

/** Decides whether a file is included. Without rules it is. */
export async function decideIncludeRules(
  rules: readonly Rule[] | undefined,
  occasion: Occasion,
): Promise<Decision> {
  if (!rules) return { included: true, why: 'the include has no rules', problems: [] }
  return decided(rules, 'include:rules', occasion)
}

/** So many rules that did not match are told; the file has them all. */
const MAX_RULES_SHOWN = 3

async function decided(rules: readonly Rule[], name: string, occasion: Occasion): Promise<Decision> {
  const problems = rules.flatMap(rule => conditionProblems(rule, occasion))
  if (hasErrors(problems)) return { included: false, why: `${name} can't be read`, problems }
  const missed: string[] = []
  for (const [index, rule] of rules.entries()) {
    const { holds, why, problems: found } = await matches(rule, occasion)
    problems.push(...found.filter(each => !problems.includes(each)))
    const told = `${name}[${index}]${placeIn(rule, occasion)}: ${why}`
    if (hasErrors(found)) return { included: false, why: told, problems }
    if (!holds) missed.push(told)
    else if (rule.when === 'never') return { included: false, why: `${told}, when: never`, rule, problems }
    else return { included: true, why: told, rule, problems }
  }
  return { included: false, why: nothingMatches(name, missed), problems }
}

function nothingMatches(name: string, missed: readonly string[]): string {
  if (missed.length === 0) return `${name} is empty`
  const more = missed.length - MAX_RULES_SHOWN
  const told = missed.slice(0, MAX_RULES_SHOWN).join('; ')
  return `no rule matches: ${told}${more > 0 ? `; and ${more} more` : ''}`
}

/** Conditions after the one that decides are checked as well: they decide another time. */
function conditionProblems(rule: Rule, { lookups }: Occasion): readonly Diagnostic[] {
  return rule.if ? lookups.condition(rule.if.text, rule.if.at).diagnostics : []
}

function placeIn({ at }: Rule, { file }: Occasion): string {
  return at.file === file ? ` at line ${at.line}` : ` at ${at.file}:${at.line}`
}

/** All clauses of a rule have to hold. A rule without one matches. */
async function matches(rule: Rule, occasion: Occasion): Promise<Verdict> {
  const held: string[] = []
  const clauses = [
    rule.if && (() => told('if ', conditionHolds(rule.if!, occasion))),
    rule.changes && (() => changesHold(rule.changes!, rule.at, occasion)),
    rule.exists && (() => existsHolds(rule.exists!, rule.at, occasion)),
  ]
  for (const clause of clauses) {
    if (!clause) continue
    const found = await clause()
    if (!found.holds) return found
    held.push(found.why)
  }
  return verdict(true, held.join(', and ') || `when: ${rule.when ?? 'on_success'}`)
}

function told(prefix: string, found: Verdict): Verdict {
  return { ...found, why: prefix + found.why }
}
