import type { Location } from '../../../../../core/index.ts'
import type { WrittenConfig } from '../../keywords/read.ts'
import type { KeywordFindings } from '../../keywords/reader/findings.ts'
import type { VariableSpec } from '../../types.ts'

const STRATEGIES: readonly string[] = ['clone', 'fetch', 'none', 'empty']
const SUBMODULES: readonly string[] = ['none', 'normal', 'recursive']

/** Variables by which a file asks how the commit's files come to a job. */
export function checkGit({ globals, globalsAt, jobs }: WrittenConfig, findings: KeywordFindings): void {
  const top = globalsAt.get('variables')
  if (top) checkVariables(globals.variables, top, findings)
  for (const { keys, keysAt, at } of jobs)
    if (keys.variables) checkVariables(keys.variables, keysAt.get('variables') ?? at, findings)
}

function checkVariables(
  variables: readonly VariableSpec[] | undefined,
  at: Location,
  findings: KeywordFindings,
): void {
  for (const { name, value } of variables ?? []) {
    if (value.includes('$')) continue
    if (name === 'GIT_STRATEGY' && !STRATEGIES.includes(value)) {
      const facts = { expected: STRATEGIES.join(', '), found: `'${value.slice(0, 100)}'` }
      findings.error(at, 'BAD_VALUE', 'Bad value of GIT_STRATEGY', facts)
    }
    if (name === 'GIT_SUBMODULE_STRATEGY' && value !== '' && !SUBMODULES.includes(value)) {
      const facts = { expected: SUBMODULES.join(', '), found: `'${value.slice(0, 100)}'` }
      findings.error(at, 'BAD_VALUE', 'Bad value of GIT_SUBMODULE_STRATEGY', facts)
    }
  }
}
