const LENGTHS = [1, 10, 100, 500] as const

/**
 * A list in parts of a few lengths, filled up by repeating the last: statements with `in (…)` are kept by their
 * text, and every length would be another.
 */
export function listsOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const most = LENGTHS.at(-1)!
  const parts: (readonly Item[])[] = []
  for (let at = 0; at < items.length; at += most) {
    const part = items.slice(at, at + most)
    const length = LENGTHS.find(each => each >= part.length)!
    parts.push([...part, ...Array.from({ length: length - part.length }, () => part.at(-1)!)])
  }
  return parts
}
