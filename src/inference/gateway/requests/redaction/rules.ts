/**
 * What is never written: each rule names members that follow each other, at any depth, `*` for any one.
 *
 *   user.email      {"user":{"email":…}}, {"rows":[{"user":{"email":…}}]}
 *   inputs.image    the input `image` of any protocol; likewise outputs.scores
 *   email           every member of that name, and every tensor
 */
export class Redaction {
  readonly #rules: readonly (readonly string[])[]
  /** By the last name, which decides most: rules that may match there. `*` is for all. */
  readonly #byLast: ReadonlyMap<string, readonly (readonly string[])[]>
  readonly #anyLast: readonly (readonly string[])[]

  constructor(rules: readonly string[]) {
    this.#rules = rules.map(rule => rule.split('.'))
    this.#byLast = Map.groupBy(this.#rules, rule => rule.at(-1)!)
    this.#anyLast = this.#byLast.get('*') ?? []
  }

  /** Nothing is redacted. */
  get empty(): boolean {
    return this.#rules.length === 0
  }

  /** Whether the member that `path` leads to is redacted. */
  covers(path: readonly string[]): boolean {
    const last = path.at(-1)
    if (last === undefined) return false
    const rules = this.#byLast.get(last)
    return rules?.some(rule => ends(path, rule)) === true || this.#anyLast.some(rule => ends(path, rule))
  }

  /** Whether some rule is about what is inside `name`, which may come without names of its own. */
  about(name: string): boolean {
    return this.#rules.some(rule => rule.length > 1 && (rule.at(-2) === name || rule.at(-2) === '*'))
  }
}

function ends(path: readonly string[], rule: readonly string[]): boolean {
  const start = path.length - rule.length
  if (start < 0) return false
  for (let i = rule.length - 1; i >= 0; i--) {
    if (rule[i] !== '*' && rule[i] !== path[start + i]) return false
  }
  return true
}
