/**
 * Gives names of which each occurs once: the wanted one, or with a number behind it where it is taken.
 *
 *   const unique = uniqueNames(['a'])
 *   unique('b') // 'b'
 *   unique('a') // 'a#2'
 */
export function uniqueNames(taken: Iterable<string> = []): (wanted: string) => string {
  const given = new Set(taken)
  // Where counting goes on: a file may have the same name a million times.
  const next = new Map<string, number>()
  return wanted => {
    let name = wanted
    let number = next.get(wanted) ?? 2
    while (given.has(name)) name = `${wanted}#${number++}`
    next.set(wanted, number)
    given.add(name)
    return name
  }
}
