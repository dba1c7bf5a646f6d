import { type Diagnostic, formatDiagnostic, type Location } from '../../../../../core/index.ts'

/** What can be wrong with the jobs and keywords of a CI file, once it is loaded. */
export type KeywordDiagnosticCode =
  | 'UNKNOWN_KEY'
  | 'MISSING_KEY'
  | 'BAD_VALUE'
  | 'KEY_CLASH'
  | 'NOT_AVAILABLE'
  | 'DIFFERS'
  | 'JOB_NAME_INVALID'
  | 'JOB_DUPLICATE'
  | 'STAGE_UNKNOWN'
  | 'NEED_UNKNOWN'
  | 'NEED_DUPLICATE'
  | 'NEED_LATER_STAGE'
  | 'NEED_EXCLUDED'
  | 'NEED_CYCLE'
  | 'DEPENDENCY_UNKNOWN'
  | 'DEPENDENCY_NOT_BEFORE'
  | 'TOO_MANY_JOBS'
  | 'TOO_MANY_NEEDS'

export type Facts = Pick<Diagnostic, 'expected' | 'found' | 'hint'>

/** Nobody reads more, and a hostile file must not make a flood of them. */
export const MAX_DIAGNOSTICS = 100

/**
 * Collects what is found, each once: jobs that extend one template share its places. `error` gives undefined, so
 * that a reader can return it.
 */
export class Findings {
  readonly #all: Diagnostic[] = []
  readonly #told = new Set<string>()
  #errors = 0

  /** How many errors so far: more than before means that something between was wrong. */
  get errors(): number {
    return this.#errors
  }

  error(at: Location, code: KeywordDiagnosticCode, message: string, facts: Facts = {}): undefined {
    this.#errors++
    this.#add({ severity: 'error', code, message, at, ...facts })
  }

  warn(at: Location, code: KeywordDiagnosticCode, message: string, facts: Facts = {}): undefined {
    this.#add({ severity: 'warning', code, message, at, ...facts })
  }

  /** In the order of each file. */
  sorted(): readonly Diagnostic[] {
    const files = [...new Set(this.#all.map(({ at }) => at.file))]
    return this.#all.toSorted(
      (a, b) =>
        files.indexOf(a.at.file) - files.indexOf(b.at.file) ||
        a.at.line - b.at.line ||
        a.at.column - b.at.column,
    )
  }

  #add(diagnostic: Diagnostic): void {
    if (this.#all.length >= MAX_DIAGNOSTICS) return
    const line = formatDiagnostic(diagnostic)
    if (this.#told.has(line)) return
    this.#told.add(line)
    this.#all.push(diagnostic)
  }
}
