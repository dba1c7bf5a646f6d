/**
 * Names in an order in which each comes after those that it depends on, or the first circle that is found. Without
 * recursion: a chain may be as long as a file.
 */
export function dependenciesFirst(
  names: readonly string[],
  dependencies: (name: string) => readonly string[],
): { readonly names: readonly string[]; readonly cycle?: readonly string[] } {
  const ordered: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  for (const start of names) {
    if (state.has(start)) continue
    const path = [{ name: start, next: 0 }]
    state.set(start, 'open')
    while (path.length > 0) {
      const top = path.at(-1)!
      const dependency = dependencies(top.name)[top.next++]
      if (dependency === undefined) {
        state.set(top.name, 'done')
        ordered.push(top.name)
        path.pop()
      } else if (state.get(dependency) === 'open') {
        const from = path.findIndex(({ name }) => name === dependency)
        return { names: ordered, cycle: [...path.slice(from).map(({ name }) => name), dependency] }
      } else if (!state.has(dependency)) {
        state.set(dependency, 'open')
        path.push({ name: dependency, next: 0 })
      }
    }
  }
  return { names: ordered }
}
