import type { GivenVariable } from '../../types.ts'
import type { VariableSpec } from '../types.ts'

/**
 * Where variables come from, lowest precedence first: GitLab's order, without what only its own products set.
 * Later ones of a list outrank earlier ones.
 */
interface VariableLayers {
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
function layered(layers: VariableLayers): ReadonlyMap<string, LayeredVariable> {
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

/** The variables that something sees, looked up one by one: most jobs ask for a few of a hundred. */
export interface Variables {
  get(name: string): LayeredVariable | undefined
  /** Written down when first asked for. */
  all(): ReadonlyMap<string, LayeredVariable>
}

/** Variables of one pipeline, of which jobs see the same but for what they write and what is predefined for them. */
export function layering(
  common: Omit<VariableLayers, 'written'>,
): (written: readonly VariableSpec[], predefined?: () => ReadonlyMap<string, string>) => Variables {
  const nothing = { predefined: new Map<string, string>(), written: [], given: [], pipeline: {} }
  const below = layered({ ...nothing, predefined: common.predefined })
  const above = layered({ ...nothing, given: common.given, pipeline: common.pipeline })
  return (written, predefined = () => nothing.predefined) => {
    let own: ReadonlyMap<string, LayeredVariable> | undefined
    let all: ReadonlyMap<string, LayeredVariable> | undefined
    const between = () => {
      own ??= layered({ ...nothing, predefined: predefined(), written })
      return own
    }
    return {
      get: name => above.get(name) ?? between().get(name) ?? below.get(name),
      all() {
        all ??= new Map([...below, ...between(), ...above])
        return all
      },
    }
  }
}
