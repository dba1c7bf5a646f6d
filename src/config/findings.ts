import type { Diagnostic, Location } from '../core/index.ts'
import type { PlanProblemCode } from '../pipeline/index.ts'

/** What can be wrong with a ballast.yaml. */
export type ConfigDiagnosticCode =
  | 'YAML_SYNTAX'
  | 'YAML_UNSUPPORTED'
  | 'TOO_LARGE'
  | 'DUPLICATE_KEY'
  | 'UNKNOWN_KEY'
  | 'MISSING_KEY'
  | 'BAD_VALUE'
  | 'BAD_PATH'
  | 'BAD_GATE'
  | 'NOT_AVAILABLE'
  | 'FILE_MISSING'
  | 'MODEL_FORMAT'
  | 'MODEL_AMBIGUOUS'
  | PlanProblemCode

type Facts = Pick<Diagnostic, 'expected' | 'found' | 'hint'>

/** Nobody reads more, and a hostile file must not make a flood of them. */
export const MAX_DIAGNOSTICS = 100

/** Collects what is found in one file. `error` gives undefined, so that a reader can return it. */
export class Findings {
  readonly file: string
  readonly #all: Diagnostic[] = []
  #errors = 0

  constructor(file: string) {
    this.file = file
  }

  /** How many errors so far: more than before means that something between was wrong. */
  get errors(): number {
    return this.#errors
  }

  error(at: Location, code: ConfigDiagnosticCode, message: string, facts: Facts = {}): undefined {
    this.#errors++
    if (this.#all.length < MAX_DIAGNOSTICS) this.#all.push({ severity: 'error', code, message, at, ...facts })
  }

  warn(at: Location, code: ConfigDiagnosticCode, message: string, facts: Facts = {}): undefined {
    if (this.#all.length < MAX_DIAGNOSTICS)
      this.#all.push({ severity: 'warning', code, message, at, ...facts })
  }

  /** In the order of the file. */
  sorted(): readonly Diagnostic[] {
    return this.#all.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
  }
}
