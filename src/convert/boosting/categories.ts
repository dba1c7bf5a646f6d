/** A note for models of categories. */
export const CATEGORY_CODES =
  "categories are given by their codes, as pandas' `cat.codes` tells them: 0, 1, 2 …, in the order of the training"

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
