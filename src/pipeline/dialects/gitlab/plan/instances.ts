import type { MatrixEntry } from '../keywords/job/order/needs.ts'
import type { WrittenJob } from '../keywords/read.ts'
import type { VariableSpec } from '../types.ts'
import { textVariable } from './variables.ts'

/** One of the jobs that a written one makes: itself, or one of its parallel ones. */
export interface Instance {
  readonly job: WrittenJob
  readonly name: string
  /** Of the matrix, in the order of the names; empty without one. */
  readonly matrix: ReadonlyMap<string, string>
  /** What each has beside the others. */
  readonly variables: readonly VariableSpec[]
}

/**
 * The jobs that `parallel` makes.
 *
 *   parallel: 2                        test 1/2, test 2/2
 *   matrix: [{ OS: [a, b], V: 1 }]     test: [a, 1], test: [b, 1]
 *
 * Of instances with one name the last stays, as in GitLab.
 */
export function instancesOf(job: WrittenJob): readonly Instance[] {
  const parallel = job.keys.parallel?.value
  if (!parallel) return [{ job, name: job.name, matrix: new Map(), variables: [] }]
  if (parallel.kind === 'count') {
    const { count } = parallel
    return Array.from({ length: count }, (_, index) => ({
      job,
      name: `${job.name} ${index + 1}/${count}`,
      matrix: new Map(),
      variables: nodeVariables(index, count),
    }))
  }
  const choices = parallel.entries.flatMap(combinations)
  const instances = choices.map((choice, index): [string, Instance] => {
    const name = `${job.name}: [${choice.map(([, value]) => value).join(', ')}]`
    const own = choice.map(([key, value]) => textVariable(key, value))
    const variables = [...own, ...nodeVariables(index, choices.length)]
    return [name, { job, name, matrix: new Map(choice), variables }]
  })
  return [...new Map(instances).values()]
}

/** Every choice of one value for each variable; the last variable changes fastest. */
function combinations(entry: MatrixEntry): (readonly (readonly [string, string])[])[] {
  return entry.reduce<(readonly (readonly [string, string])[])[]>(
    (made, { name, values }) =>
      made.flatMap(before => values.map(value => [...before, [name, value] as const])),
    [[]],
  )
}

function nodeVariables(index: number, total: number): readonly VariableSpec[] {
  return [textVariable('CI_NODE_INDEX', `${index + 1}`), textVariable('CI_NODE_TOTAL', `${total}`)]
}
