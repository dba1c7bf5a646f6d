import { expandVariables } from './expand.ts'
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

/** More than an environment of Linux takes; `A=$B$B`, `B=$C$C` … doubles with every line of a file. */
const MAX_TOTAL = 1_048_576

/** Expands variables that refer to each other, each after those it refers to. Takes time in proportion to the texts. */
export function expandAll(
  variables: ReadonlyMap<string, Expandable>,
  mechanism: Mechanism,
): ExpandedVariables {
  const { order, cyclic } = inOrder(variables, mechanism)
  const values = new Map<string, string>()
  for (const [name, { value }] of variables) values.set(name, value)
  const tooLarge: string[] = []
  let room = MAX_TOTAL
  for (const name of order) {
    const { value, expand } = variables.get(name)!
    if (!expand || !/[$%]/.test(value)) continue
    const others = (other: string) => (other === name ? undefined : values.get(other))
    const expanded = room > 0 ? expandVariables(value, others, mechanism) : undefined
    room -= expanded ? Math.max(0, expanded.length - value.length) : 0
    if (expanded !== undefined && room > 0) values.set(name, expanded)
    else tooLarge.push(name)
  }
  return { values, cyclic, tooLarge }
}

/**
 * Names after those they refer to. First all that end in values alone; then, of what is left, those on which nothing
 * else that is left depends: they only lead to a cycle. What remains is the cycles.
 */
function inOrder(variables: ReadonlyMap<string, Expandable>, mechanism: Mechanism) {
  const uses = new Map<string, ReadonlySet<string>>()
  for (const [name, variable] of variables) uses.set(name, namesIn(variable, variables, mechanism))
  const users = reversed(uses)
  const order = peeled(uses, users)
  const done = new Set(order)
  const left = (edges: ReadonlyMap<string, ReadonlySet<string>>) =>
    new Map(
      [...edges]
        .filter(([name]) => !done.has(name))
        .map(([name, others]) => [name, new Set([...others].filter(other => !done.has(other)))]),
    )
  const leading = peeled(left(users), left(uses)).reverse()
  for (const name of leading) done.add(name)
  return { order: [...order, ...leading], cyclic: [...variables.keys()].filter(name => !done.has(name)) }
}

/** Names whose `before` are all out already, one after the other. */
function peeled(
  before: ReadonlyMap<string, ReadonlySet<string>>,
  after: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const missing = new Map([...before].map(([name, others]) => [name, others.size]))
  const out = [...missing].filter(([, count]) => count === 0).map(([name]) => name)
  for (const name of out) {
    for (const other of after.get(name) ?? []) {
      const count = missing.get(other)! - 1
      missing.set(other, count)
      if (count === 0) out.push(other)
    }
  }
  return out
}

function namesIn(
  { value, expand }: Expandable,
  variables: ReadonlyMap<string, Expandable>,
  mechanism: Mechanism,
): ReadonlySet<string> {
  const names = new Set<string>()
  if (!expand) return names
  for (const part of partsOf(value, mechanism)) {
    if (part.kind === 'reference' && variables.has(part.name)) names.add(part.name)
  }
  return names
}

function reversed(edges: ReadonlyMap<string, ReadonlySet<string>>): Map<string, Set<string>> {
  const back = new Map([...edges.keys()].map(name => [name, new Set<string>()]))
  for (const [name, others] of edges) for (const other of others) back.get(other)!.add(name)
  return back
}
