import type { PlannedJob } from '../../../types.ts'
import type { WrittenJob } from '../keywords/read.ts'
import type { VariableSpec } from '../types.ts'

/** Later lists outrank earlier ones; a name keeps the place where it first stood. */
export function mergeVariables(...lists: readonly (readonly VariableSpec[])[]): readonly VariableSpec[] {
  const some = lists.filter(list => list.length > 0)
  const [only = []] = some
  const merged = new Map<string, VariableSpec>()
  for (const variable of some.flat()) merged.set(variable.name, variable)
  // One list of different names is what it is: jobs share it.
  return some.length < 2 && merged.size === only.length ? only : [...merged.values()]
}

/** The global ones that a job inherits. */
export function inheritedVariables(
  { keys }: WrittenJob,
  globals: readonly VariableSpec[],
): readonly VariableSpec[] {
  const wanted = keys.inherit?.variables ?? true
  if (typeof wanted === 'boolean') return wanted ? globals : []
  const names = new Set(wanted)
  return globals.filter(({ name }) => names.has(name))
}

export function textVariable(name: string, value: string): VariableSpec {
  return { name, value, expand: true, file: false }
}

export function environmentOf(
  variables: readonly VariableSpec[],
): Pick<PlannedJob, 'env' | 'expand' | 'literal'> {
  const literal = variables.filter(({ expand }) => !expand).map(({ name }) => name)
  return {
    env: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
    expand: true,
    ...(literal.length > 0 && { literal }),
  }
}
