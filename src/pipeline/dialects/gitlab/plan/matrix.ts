import type { Instance } from './instances.ts'

/** Values that a choice takes for each of its variables. */
export type Choice = ReadonlyMap<string, readonly string[]>

/** The instances of one job by the values of their matrix. */
export class MatrixIndex {
  readonly size: number
  /** Names of the variables, in their order. Empty without a matrix. */
  readonly variables: readonly string[]
  readonly #place: ReadonlyMap<string, number>
  readonly #byValue = new Map<string, Map<string, Instance[]>>()

  constructor(instances: readonly Instance[]) {
    this.size = instances.length
    for (const instance of instances) {
      for (const [name, value] of instance.matrix) {
        const values = this.#byValue.get(name) ?? new Map<string, Instance[]>()
        this.#byValue.set(name, values)
        const found = values.get(value)
        if (found) found.push(instance)
        else values.set(value, [instance])
      }
    }
    this.variables = [...this.#byValue.keys()]
    this.#place = new Map(this.variables.map((name, index) => [name, index]))
  }

  /** Whether the matrix has these variables, in this order. */
  fits(choice: Choice): boolean {
    let last = -1
    for (const name of choice.keys()) {
      const place = this.#place.get(name) ?? -1
      if (place <= last) return false
      last = place
    }
    return choice.size > 0
  }

  /** Those that have one of the values for each variable. `look` is told how many are compared. */
  pick(choice: Choice, look: (count: number) => void): readonly Instance[] {
    const [first, ...rest] = choice
    if (!first) return []
    const [name, values] = first
    const candidates = new Set(values.flatMap(value => this.#byValue.get(name)?.get(value) ?? []))
    look(values.length + candidates.size)
    return [...candidates].filter(({ matrix }) =>
      rest.every(([other, allowed]) => allowed.includes(matrix.get(other) ?? '\0')),
    )
  }
}
