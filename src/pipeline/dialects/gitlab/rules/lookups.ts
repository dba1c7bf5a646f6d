import type { Diagnostic, Location } from '../../../../core/index.ts'
import type { RepositoryFiles } from '../../types.ts'
import { type ParsedExpression, parseExpression } from '../expression/parse.ts'
import { problemDiagnostic } from '../expression/place.ts'
import type { Expression } from '../expression/types.ts'
import { Work } from '../expression/work.ts'
import { type CompiledGlob, compileGlob } from '../globs/glob.ts'

/** The paths of another project at a ref (its default branch). Undefined: there is none, or not for this person. */
export type ProjectFiles = (
  project: string,
  ref: string | undefined,
) => Promise<readonly string[] | undefined>

export interface Condition {
  /** Undefined where it can't be read. */
  readonly expression?: Expression
  /** The same objects each time, so that a set holds one of each. */
  readonly diagnostics: readonly Diagnostic[]
}

/** Twice: to look one up, and to go through them all, which takes an array a tenth of the time. */
export interface Paths {
  readonly list: readonly string[]
  readonly set?: ReadonlySet<string>
}

/**
 * What rules ask, each thing once: the jobs of a matrix ask the same. Holds the bound on what all patterns of a
 * pipeline may cost.
 */
export class Lookups {
  readonly work = new Work()
  readonly #files: RepositoryFiles
  readonly #projectFiles: ProjectFiles | undefined
  readonly #answers = new Map<string, unknown>()

  constructor(files: RepositoryFiles, projectFiles: ProjectFiles | undefined) {
    this.#files = files
    this.#projectFiles = projectFiles
  }

  condition(text: string, at: Location): Condition {
    return this.once(`condition ${at.file}:${at.line}:${at.column} ${text}`, () => {
      const parsed = this.once<ParsedExpression>(`parse ${text}`, () => parseExpression(text, this.work))
      if (parsed.kind === 'problem') return { diagnostics: [problemDiagnostic(parsed.problem, text, at)] }
      const diagnostics = parsed.warnings.map(found => problemDiagnostic(found, text, at, 'warning'))
      return { expression: parsed.expression, diagnostics }
    })
  }

  glob(pattern: string): CompiledGlob {
    return this.once(`glob ${pattern}`, () => compileGlob(pattern, this.work))
  }

  /** Of the commit, or of another project. */
  paths(project?: string, ref?: string): Promise<Paths | undefined> {
    return this.once(`paths ${JSON.stringify([project, ref])}`, async () => {
      const found =
        project === undefined ? await this.#files.list() : await this.#projectFiles?.(project, ref)
      return found && { list: found, set: new Set(found) }
    })
  }

  changed(ref: string | undefined): Promise<readonly string[] | undefined> {
    const from = ref === undefined ? 'before' : { ref }
    return this.once(`changed ${ref === undefined ? '' : `from ${ref}`}`, () => this.#files.changed(from))
  }

  once<T>(question: string, answer: () => T): T {
    if (!this.#answers.has(question)) this.#answers.set(question, answer())
    return this.#answers.get(question) as T
  }
}
