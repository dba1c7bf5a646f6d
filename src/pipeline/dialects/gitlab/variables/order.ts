/** Which name refers to which others. */
export type References = ReadonlyMap<string, ReadonlySet<string>>

/**
 * Puts names after those they refer to. First all that end in values alone; then, of what is left, those on which
 * nothing else that is left depends: they only lead to a cycle. What remains is the cycles. Takes time in proportion
 * to the references, and no stack.
 */
export function inOrder(uses: References): {
  readonly order: readonly string[]
  readonly cyclic: readonly string[]
} {
  const users = reversed(uses)
  const order = peeled(uses, users)
  const done = new Set(order)
  const leading = peeled(without(users, done), without(uses, done)).reverse()
  for (const name of leading) done.add(name)
  return { order: [...order, ...leading], cyclic: [...uses.keys()].filter(name => !done.has(name)) }
}

/** Names whose `before` are all out already, one after the other. */
function peeled(before: References, after: References): string[] {
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

function without(references: References, done: ReadonlySet<string>): References {
  const left = [...references].filter(([name]) => !done.has(name))
  return new Map(left.map(([name, others]) => [name, new Set([...others].filter(other => !done.has(other)))]))
}

function reversed(references: References): References {
  const back = new Map([...references.keys()].map(name => [name, new Set<string>()]))
  for (const [name, others] of references) for (const other of others) back.get(other)!.add(name)
  return back
}
