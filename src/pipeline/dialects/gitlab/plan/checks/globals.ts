import type { WrittenConfig } from '../../keywords/read.ts'
import type { Findings } from '../../keywords/reader/findings.ts'

const BOTH_PLACES = ['image', 'services', 'cache', 'before_script', 'after_script'] as const

/** A default has one place: the top of the file, as it was once written, or `default`. */
export function checkGlobals({ globals, globalsAt }: WrittenConfig, findings: Findings): void {
  for (const key of BOTH_PLACES) {
    const at = globalsAt.get(key)
    if (!at || globals.default?.[key] === undefined) continue
    findings.error(at, 'KEY_CLASH', `'${key}' stands at the top of the file and in 'default'`)
  }
}
