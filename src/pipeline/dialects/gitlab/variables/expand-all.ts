import type { Work } from '../expression/work.ts'
import { expandVariables } from './expand.ts'
import { inOrder, type References } from './order.ts'
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
  /** Those among `cyclic` that others lead back to: `PATH: $PATH:/bin` alone is no mistake. */
  readonly circles: readonly string[]
  /** Left as they are, because all values together would be larger than 1 MiB. */
  readonly tooLarge: readonly string[]
}

/** Steps of work for each character that is looked through, measured with values of many references. */
const STEPS = 30

type Variables = ReadonlyMap<string, Expandable>

/** More than an environment of Linux takes; `A=$B$B`, `B=$C$C` … doubles with every line of a file. */
const MAX_TOTAL = 1_048_576

/**
 * Expands variables that refer to each other, each after those it refers to. For the runner twice, as GitLab does
 * and then its runner: a reference that is put together (`${URL_${ENV}}`) is found the second time. What is taken as
 * it is stays so in what refers to it. Where `work` is spent, all stay as they are.
 */
export function expandAll(variables: Variables, mechanism: Mechanism, work?: Work): ExpandedVariables {
  const budget = { room: MAX_TOTAL }
  if (work && !work.spend(costOf(variables))) {
    const values = [...variables].map(([name, { value }]) => [name, value] as const)
    return { values: new Map(values), cyclic: [], circles: [], tooLarge: [] }
  }
  if (mechanism !== 'runner') return expandOnce(variables, mechanism, budget, name => variables.has(name))
  const first = expandOnce(variables, 'paths', budget, name => isExpanded(name, variables))
  const between = new Map(
    [...variables].map(([name, { expand }]) => [name, { value: first.values.get(name)!, expand }]),
  )
  const second = expandOnce(between, 'runner', budget, name => variables.has(name))
  return {
    values: second.values,
    cyclic: [...new Set([...first.cyclic, ...second.cyclic])],
    circles: [...new Set([...first.circles, ...second.circles])],
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
  const open = new Map(
    [...variables].filter(([name, { value }]) => refers(value) && isExpanded(name, variables)),
  )
  const uses = [...open].map(([name, { value }]) => [name, usesOf(value)] as const)
  const { order, cyclic } = inOrder(new Map(uses))
  const values = new Map<string, string>()
  for (const [name, { value }] of variables) values.set(name, value)
  const tooLarge: string[] = []
  for (const name of order) {
    const { value } = variables.get(name)!
    const get = (other: string) => (known(other) ? values.get(other) : undefined)
    const expanded = budget.room > 0 ? expandVariables(value, get, mechanism) : undefined
    budget.room -= expanded ? Math.max(0, expanded.length - value.length) : 0
    if (expanded !== undefined && budget.room > 0) values.set(name, expanded)
    else tooLarge.push(name)
  }
  return { values, cyclic, circles: circlesOf(cyclic, new Map(uses)), tooLarge }

  function usesOf(value: string): ReadonlySet<string> {
    const names = new Set<string>()
    for (const part of partsOf(value, mechanism)) {
      if (part.kind === 'reference' && open.has(part.name) && known(part.name)) names.add(part.name)
    }
    return names
  }
}

function circlesOf(cyclic: readonly string[], uses: References): readonly string[] {
  if (cyclic.length < 2) return []
  const members = new Set(cyclic)
  const others = (name: string) =>
    [...(uses.get(name) ?? [])].filter(other => other !== name && members.has(other))
  return inOrder(new Map(cyclic.map(name => [name, new Set(others(name))]))).cyclic
}

function costOf(variables: Variables): number {
  let characters = variables.size
  for (const { value, expand } of variables.values()) if (expand && refers(value)) characters += value.length
  return characters * STEPS
}

/** Whether there may be references in it. */
export function refers(value: string): boolean {
  return value.includes('$') || value.includes('%')
}

function isExpanded(name: string, variables: Variables): boolean {
  return variables.get(name)?.expand === true && !FREE_TEXT.has(name)
}
