/**
 * Where runs of whole numbers begin and where they are over; `categories` ascend.
 *
 *   1, 2, 5  →  1, 3, 5, 6
 */
export function runsOf(categories: ArrayLike<number>): number[] {
  const bounds: number[] = []
  for (let i = 0; i < categories.length; i++) {
    const category = categories[i]!
    if (bounds.at(-1) === category) bounds.pop()
    else if (bounds.at(-1) === category + 1) continue
    else bounds.push(category)
    bounds.push(category + 1)
  }
  return bounds
}
