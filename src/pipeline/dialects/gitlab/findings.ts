import { type Diagnostic, formatDiagnostic, type Location, nearestName } from '../../../core/index.ts'

type Facts = Pick<Diagnostic, 'expected' | 'found' | 'hint'>

/** Nobody reads more, and a hostile file must not make a flood of them. */
export const MAX_DIAGNOSTICS = 100
/** Names that hints may compare in all: each comparison takes microseconds, and a file may have 20,000 jobs. */
const MAX_COMPARISONS = 100_000
/** Longer names are not compared. */
const MAX_COMPARED_LENGTH = 100

/**
 * Collects what is found, each once: jobs that extend one template share its places. Errors come before warnings
 * where there is not room for all. `error` gives undefined, so that a reader can return it.
 */
export class Findings<Code extends string> {
  readonly #errors = new Map<string, Diagnostic>()
  readonly #warnings = new Map<string, Diagnostic>()
  /** In the order in which something was found in them. */
  readonly #files = new Set<string>()
  #count = 0
  #comparisons = 0

  /** How many errors so far: more than before means that something between was wrong. */
  get errors(): number {
    return this.#count
  }

  /** No further error is going to be told. */
  get full(): boolean {
    return this.#errors.size >= MAX_DIAGNOSTICS
  }

  error(at: Location, code: Code, message: string, facts: Facts = {}): undefined {
    this.#count++
    this.#add(this.#errors, { severity: 'error', code, message, at, ...facts })
  }

  warn(at: Location, code: Code, message: string, facts: Facts = {}): undefined {
    this.#add(this.#warnings, { severity: 'warning', code, message, at, ...facts })
  }

  /** What others have found. */
  tell(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      const error = diagnostic.severity === 'error'
      if (error) this.#count++
      this.#add(error ? this.#errors : this.#warnings, diagnostic)
    }
  }

  /** A hint with the nearest of `names` but `own`, where one is near and there was not too much to compare. */
  nearest(found: string, names: readonly string[], own?: string): { readonly hint?: string } {
    this.#comparisons += names.length
    if (this.#comparisons > MAX_COMPARISONS || found.length > MAX_COMPARED_LENGTH) return {}
    const near = nearestName(
      found,
      names.filter(name => name.length <= MAX_COMPARED_LENGTH && name !== own),
    )
    return near === undefined ? {} : { hint: `did you mean '${near}'?` }
  }

  /** In the order of each file; files in the order in which something was found in them. */
  sorted(): readonly Diagnostic[] {
    const told = [...this.#errors.values(), ...this.#warnings.values()].slice(0, MAX_DIAGNOSTICS)
    const files = [...this.#files]
    return told.toSorted(
      (a, b) =>
        files.indexOf(a.at.file) - files.indexOf(b.at.file) ||
        a.at.line - b.at.line ||
        a.at.column - b.at.column,
    )
  }

  #add(to: Map<string, Diagnostic>, diagnostic: Diagnostic): void {
    if (to.size >= MAX_DIAGNOSTICS) return
    this.#files.add(diagnostic.at.file)
    to.set(formatDiagnostic(diagnostic), diagnostic)
  }
}
