import { expandVariables } from './expand.ts'
import { inOrder } from './order.ts'
import { FREE_TEXT } from './predefined/free-text.ts'
import { type Mechanism, partsOf } from './references.ts'

export interface Expandable {
  readonly value: string
  /** false: taken as it is. */
  readonly expand: boolean
}

export interface ExpandedVariables {
  readonly values: ReadonlyMap<string, string>
  /** Variables that refer to themselves, directly or through others: left as they are. */
  readonly cyclic: readonly string[]
  /** Left as they are, because all values together would be larger than 1 MiB. */
  readonly tooLarge: readonly string[]
}

type Variables = ReadonlyMap<string, Expandable>

/** More than an environment of Linux takes; `A=$B$B`, `B=$C$C` … doubles with every line of a file. */
const MAX_TOTAL = 1_048_576

/**
 * Expands variables that refer to each other, each after those it refers to. For the runner twice, as GitLab does
 * and then its runner: a reference that is put together (`${URL_${ENV}}`) is found the second time. What is taken as
 * it is stays so in what refers to it.
 */
export function expandAll(variables: Variables, mechanism: Mechanism): ExpandedVariables {
  const budget = { room: MAX_TOTAL }
  if (mechanism !== 'runner') return expandOnce(variables, mechanism, budget, name => variables.has(name))
  const first = expandOnce(variables, 'paths', budget, name => isExpanded(name, variables))
  const between = new Map(
    [...variables].map(([name, { expand }]) => [name, { value: first.values.get(name)!, expand }]),
  )
  const second = expandOnce(between, 'runner', budget, name => variables.has(name))
  return {
    values: second.values,
    cyclic: [...new Set([...first.cyclic, ...second.cyclic])],
    tooLarge: [...new Set([...first.tooLarge, ...second.tooLarge])],
  }
}

/** `known`: the references that are replaced. */
function expandOnce(
  variables: Variables,
  mechanism: Mechanism,
  budget: { room: number },
  known: (name: string) => boolean,
): ExpandedVariables {
  const uses = [...variables].map(([name, { value }]) => [name, usesOf(name, value)] as const)
  const { order, cyclic } = inOrder(new Map(uses))
  const values = new Map<string, string>()
  for (const [name, { value }] of variables) values.set(name, value)
  const tooLarge: string[] = []
  for (const name of order) {
    const { value } = variables.get(name)!
    if (!isExpanded(name, variables) || !/[$%]/.test(value)) continue
    const get = (other: string) => (known(other) ? values.get(other) : undefined)
    const expanded = budget.room > 0 ? expandVariables(value, get, mechanism) : undefined
    budget.room -= expanded ? Math.max(0, expanded.length - value.length) : 0
    if (expanded !== undefined && budget.room > 0) values.set(name, expanded)
    else tooLarge.push(name)
  }
  return { values, cyclic, tooLarge }

  function usesOf(name: string, value: string): ReadonlySet<string> {
    const names = new Set<string>()
    if (!isExpanded(name, variables)) return names
    for (const part of partsOf(value, mechanism)) {
      if (part.kind === 'reference' && variables.has(part.name) && known(part.name)) names.add(part.name)
    }
    return names
  }
}

function isExpanded(name: string, variables: Variables): boolean {
  return variables.get(name)?.expand === true && !FREE_TEXT.has(name)
}
