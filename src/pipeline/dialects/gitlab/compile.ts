import { hasErrors } from '../../../core/index.ts'
import type { CompileRequest, CompileResult, Dialect } from '../types.ts'
import { DocumentFindings } from './document/findings.ts'
import { loadConfig } from './document/load.ts'
import { judgeOf } from './judge.ts'
import { KEYWORDS } from './keywords/table.ts'
import { compileMerged } from './plan/compile.ts'
import { decideIncludeRules } from './rules/decide.ts'
import { expandVariables } from './variables/expand.ts'
import { expandAll } from './variables/expand-all.ts'
import { jobVariables } from './variables/predefined/runtime.ts'

/** GitLab CI/CD: its language, and what its jobs find defined. */
export const gitlab: Dialect = {
  name: 'gitlab',
  paths: ['.gitlab-ci.yml'],
  compile,
  jobVariables,
  expandVariables: (variables, literal) => {
    const entries = Object.entries(variables)
    const expandable = entries.map(([name, value]) => [name, { value, expand: !literal.has(name) }] as const)
    return Object.fromEntries(expandAll(new Map(expandable), 'runner').values)
  },
  expandText: (text, variables) =>
    expandVariables(text, name => (Object.hasOwn(variables, name) ? variables[name] : undefined), 'runner'),
  keywords: KEYWORDS,
}

async function compile(request: CompileRequest): Promise<CompileResult> {
  const { file, text, trigger, files, includes } = request
  const { judge, occasion } = judgeOf(request)
  const findings = new DocumentFindings()
  const rulesFindings: CompileResult['diagnostics'][number][] = []
  const merged = await loadConfig(
    {
      file,
      text,
      inputs: trigger.inputs,
      files,
      includes,
      expand: part => occasion.expand(part),
      decideInclude: async rules => {
        const { included, problems } = await decideIncludeRules(rules, occasion)
        rulesFindings.push(...problems)
        return included
      },
    },
    findings,
  )
  const told = [...new Set([...findings.sorted(), ...rulesFindings])]
  if (!merged || hasErrors(told)) return { kind: 'problems', diagnostics: told }
  const result = await compileMerged(merged, { file, line: 1, column: 1 }, judge)
  return { ...result, diagnostics: [...told, ...result.diagnostics] }
}
