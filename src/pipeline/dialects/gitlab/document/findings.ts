import { type Diagnostic, formatDiagnostic, type Location, nearestName } from '../../../../core/index.ts'
import type { YamlFindings, YamlProblemCode } from '../../../yaml/options.ts'

/** What can be wrong with CI files as documents: how they are written and put together. */
export type DocumentDiagnosticCode =
  | YamlProblemCode
  | 'BAD_VALUE'
  | 'UNKNOWN_KEY'
  | 'NOT_AVAILABLE'
  | 'INCLUDE_INVALID'
  | 'INCLUDE_MISSING'
  | 'INCLUDE_UNPINNED'
  | 'INCLUDE_CHANGED'
  | 'INCLUDE_CYCLE'
  | 'TOO_MANY_INCLUDES'
  | 'INPUT_INVALID'
  | 'INPUT_UNKNOWN'
  | 'INPUT_MISSING'
  | 'INTERPOLATION_INVALID'
  | 'EXTENDS_INVALID'
  | 'EXTENDS_UNKNOWN'
  | 'EXTENDS_CYCLE'
  | 'EXTENDS_TOO_DEEP'
  | 'REFERENCE_UNKNOWN'
  | 'REFERENCE_CYCLE'
  | 'REFERENCE_TOO_DEEP'

type Facts = Pick<Diagnostic, 'expected' | 'found' | 'hint'>

/** Nobody reads more, and a hostile file must not make a flood of them. */
export const MAX_DIAGNOSTICS = 100
/** Names that hints may compare in all: each comparison takes microseconds, and a file may have 20,000 jobs. */
const MAX_COMPARISONS = 100_000
/** Longer names are not compared. */
const MAX_COMPARED_LENGTH = 100

/** Collects what is found, each once, errors before warnings where there is not room for all. */
export class DocumentFindings implements YamlFindings {
  readonly #errors = new Map<string, Diagnostic>()
  readonly #warnings = new Map<string, Diagnostic>()
  readonly #files: string[] = []
  #count = 0
  #comparisons = 0

  /** How many errors so far: more than before means that something between was wrong. */
  get errors(): number {
    return this.#count
  }

  error(at: Location, code: DocumentDiagnosticCode, message: string, facts: Facts = {}): undefined {
    this.#count++
    this.#add(this.#errors, { severity: 'error', code, message, at, ...facts })
  }

  warn(at: Location, code: DocumentDiagnosticCode, message: string, facts: Facts = {}): undefined {
    this.#add(this.#warnings, { severity: 'warning', code, message, at, ...facts })
  }

  /** A hint with the nearest name, where one is near and there was not too much to compare. */
  nearest(found: string, names: readonly string[]): { readonly hint?: string } {
    this.#comparisons += names.length
    if (this.#comparisons > MAX_COMPARISONS || found.length > MAX_COMPARED_LENGTH) return {}
    const name = nearestName(
      found,
      names.filter(({ length }) => length <= MAX_COMPARED_LENGTH),
    )
    return name === undefined ? {} : { hint: `did you mean '${name}'?` }
  }

  /** In the order of each file; files in the order in which something was found in them. */
  sorted(): readonly Diagnostic[] {
    const told = [...this.#errors.values(), ...this.#warnings.values()].slice(0, MAX_DIAGNOSTICS)
    return told.toSorted(
      (a, b) =>
        this.#files.indexOf(a.at.file) - this.#files.indexOf(b.at.file) ||
        a.at.line - b.at.line ||
        a.at.column - b.at.column,
    )
  }

  #add(to: Map<string, Diagnostic>, diagnostic: Diagnostic): void {
    if (to.size >= MAX_DIAGNOSTICS) return
    if (!this.#files.includes(diagnostic.at.file)) this.#files.push(diagnostic.at.file)
    to.set(formatDiagnostic(diagnostic), diagnostic)
  }
}
