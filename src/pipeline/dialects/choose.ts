import type { Diagnostic } from '../../core/index.ts'
import type { DialectName } from '../types.ts'

/** Which CI file of a repository without a ballast.yaml says what a push runs. */
export type CiFileChoice =
  | { readonly kind: 'file'; readonly file: string; readonly dialect: DialectName }
  | { readonly kind: 'none' }
  | { readonly kind: 'problem'; readonly diagnostics: readonly Diagnostic[] }

/** Where CI systems look for their files. Without a dialect: not available in this release. */
const KNOWN: Readonly<Record<string, { readonly system: string; readonly dialect?: DialectName }>> = {
  '.gitlab-ci.yml': { system: 'GitLab CI', dialect: 'gitlab' },
  '.travis.yml': { system: 'Travis CI' },
  Jenkinsfile: { system: 'Jenkins' },
}

/**
 * The one CI file among the paths of a commit. Several are a diagnostic that says how to choose; one that this
 * release can't run is one that says so, never silence.
 */
export function chooseCiFile(paths: readonly string[]): CiFileChoice {
  const found = Object.keys(KNOWN).filter(path => paths.includes(path))
  const [file, ...others] = found
  if (file === undefined) return { kind: 'none' }
  const at = { file, line: 1, column: 1 }
  if (others.length > 0) {
    const usable = found.find(path => KNOWN[path]!.dialect)
    const hint = `write a ballast.yaml that names the one to run${usable ? `, such as 'ci: ${usable}'` : ''}`
    return problem('CI_AMBIGUOUS', `There are CI files of several systems: ${found.join(', ')}`, hint)
  }
  const { system, dialect } = KNOWN[file]!
  if (dialect) return { kind: 'file', file, dialect }
  const hint = 'write its jobs into a ballast.yaml or a .gitlab-ci.yml'
  return problem('CI_UNSUPPORTED', `Files of ${system} can't be run by this release`, hint)

  function problem(code: string, message: string, hint: string): CiFileChoice {
    return { kind: 'problem', diagnostics: [{ severity: 'error', code, message, at, hint }] }
  }
}
