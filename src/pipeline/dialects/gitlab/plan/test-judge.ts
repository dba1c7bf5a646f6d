import type { Rule } from '../types.ts'
import type { Judge, Verdict } from './judge.ts'

/** Decides by a list of what is true: a condition in it holds, one that is not in it does not. */
export function aJudge(truths: readonly string[] = []): Judge {
  const first = (rules: readonly Rule[]): Verdict => {
    const rule = rules.find(({ if: condition }) => !condition || truths.includes(condition.text))
    if (!rule) return { included: false, reason: 'no rule holds' }
    if (rule.when === 'never') return { included: false, reason: 'a rule says never', at: rule.at }
    return { included: true, rule, why: rule.if?.text ?? 'the last rule' }
  }
  return {
    workflow: async rules => (rules ? first(rules) : { included: true }),
    job: async ({ rules, only }) => {
      if (rules) return first(rules)
      const refs = only?.refs ?? []
      const fits = only === undefined || ['branches', ...truths].some(ref => refs.includes(ref))
      return fits ? { included: true } : { included: false, reason: `only for ${refs.join(', ')}` }
    },
    expand: (text, variables) =>
      text.replace(
        /\$(\w+)/g,
        (whole, name) => variables.find(variable => variable.name === name)?.value ?? whole,
      ),
  }
}
