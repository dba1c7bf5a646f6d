import type { Location } from '../../../../../core/index.ts'
import type { WrittenConfig } from '../../keywords/read.ts'
import type { KeywordFindings } from '../../keywords/reader/findings.ts'
import type { VariableSpec } from '../../types.ts'

const STRATEGIES: readonly string[] = ['clone', 'fetch', 'none', 'empty']
/** Values that ask for no more than is done. */
const WITHOUT_SUBMODULES: readonly string[] = ['', 'none']

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
    if (name === 'GIT_SUBMODULE_STRATEGY' && !WITHOUT_SUBMODULES.includes(value)) {
      const hint = "run 'git submodule update --init' in the script"
      findings.warn(at, 'DIFFERS', 'GIT_SUBMODULE_STRATEGY: submodules are not fetched', { hint })
    }
  }
}
