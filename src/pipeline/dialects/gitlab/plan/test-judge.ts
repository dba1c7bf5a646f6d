import type { Rule } from '../types.ts'
import type { Judge, Verdict } from './judge.ts'

const IN: Verdict = { included: true, why: 'nothing keeps it out', problems: [] }

/** Decides by a list of what is true: a condition in it holds, one that is not in it does not. */
export function aJudge(truths: readonly string[] = []): Judge {
  const first = (rules: readonly Rule[]): Verdict => {
    const rule = rules.find(({ if: condition }) => !condition || truths.includes(condition.text))
    if (!rule) return { included: false, reason: 'no rule holds', problems: [] }
    if (rule.when === 'never')
      return { included: false, reason: 'a rule says never', at: rule.at, problems: [] }
    return { included: true, rule, why: rule.if?.text ?? 'the last rule', problems: [] }
  }
  return {
    workflow: async rules => (rules ? first(rules) : IN),
    job: async ({ rules, only }) => {
      if (rules) return first(rules)
      const refs = only?.refs ?? []
      const fits = only === undefined || ['branches', ...truths].some(ref => refs.includes(ref))
      return fits ? IN : { included: false, reason: `only for ${refs.join(', ')}`, problems: [] }
    },
    expander: variables => {
      const put = (text: string) =>
        text.replace(
          /\$(\w+)/g,
          (whole, name) => variables.find(variable => variable.name === name)?.value ?? whole,
        )
      return { name: put, part: put, problems: () => [] }
    },
  }
}
