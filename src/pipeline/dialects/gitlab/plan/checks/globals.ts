import type { WrittenConfig } from '../../keywords/read.ts'
import type { KeywordFindings } from '../../keywords/reader/findings.ts'
import { checkGit } from './git.ts'

const BOTH_PLACES = ['image', 'services', 'cache', 'before_script', 'after_script'] as const

/**
 * A default has one place: the top of the file, as it was once written, or `default`. Variables that say how Git
 * is used have values that are known.
 */
export function checkGlobals(config: WrittenConfig, findings: KeywordFindings): void {
  const { globals, globalsAt } = config
  for (const key of BOTH_PLACES) {
    const at = globalsAt.get(key)
    if (!at || globals.default?.[key] === undefined) continue
    findings.error(at, 'KEY_CLASH', `'${key}' stands at the top of the file and in 'default'`)
  }
  checkGit(config, findings)
}
