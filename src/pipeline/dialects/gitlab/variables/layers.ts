import type { GivenVariable } from '../../types.ts'
import type { VariableSpec } from '../types.ts'

/**
 * Where variables come from, lowest precedence first: GitLab's order, without what only its own products set.
 * Later ones of a list outrank earlier ones.
 */
export interface VariableLayers {
  readonly predefined: ReadonlyMap<string, string>
  /** Of the files: at the top, of the workflow rule that matched, of the job, of its rule that matched. */
  readonly written: readonly VariableSpec[]
  /** Set for the project, its group or the installation. */
  readonly given: readonly GivenVariable[]
  /** Given with the trigger. */
  readonly pipeline: Readonly<Record<string, string>>
}

export interface LayeredVariable {
  readonly value: string
  readonly expand: boolean
  readonly file: boolean
  /** Its value is shown to nobody: it may be a secret of the project. */
  readonly hidden?: boolean
}

/** One variable for each name: the one that outranks the others. Values are as written, not expanded. */
export function layered(layers: VariableLayers): ReadonlyMap<string, LayeredVariable> {
  const variables = new Map<string, LayeredVariable>()
  for (const [name, value] of layers.predefined) variables.set(name, { value, expand: false, file: false })
  for (const { name, value, expand, file } of layers.written) variables.set(name, { value, expand, file })
  for (const { name, value, literal, file } of layers.given) {
    variables.set(name, { value, expand: !literal, file, hidden: true })
  }
  for (const [name, value] of Object.entries(layers.pipeline)) {
    variables.set(name, { value, expand: true, file: false })
  }
  return variables
}

/** As conditions see them: not expanded (GitLab's reference of `rules:if`). */
export function plainValues(variables: ReadonlyMap<string, LayeredVariable>): ReadonlyMap<string, string> {
  return new Map([...variables].map(([name, { value }]) => [name, value]))
}
