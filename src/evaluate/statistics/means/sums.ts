/** So many values, their sum and the sum of their squares: all that a mean and its error need. */
export interface Sums {
  readonly count: number
  readonly sum: number
  readonly squares: number
}

export const NO_SUMS: Sums = { count: 0, sum: 0, squares: 0 }

/** What an arm answered; `groups`: the same values, by groups of callers who each stay in one. */
export interface Sample {
  readonly total: Sums
  readonly groups?: readonly Sums[]
}

export function mergeSums(...all: readonly Sums[]): Sums {
  return all.reduce(
    (a, b) => ({ count: a.count + b.count, sum: a.sum + b.sum, squares: a.squares + b.squares }),
    NO_SUMS,
  )
}

/** 0 of nothing. */
export function averageOf({ count, sum }: Sums): number {
  return count === 0 ? 0 : sum / count
}

/** Of one value, unbiased; 0 of fewer than two. */
export function spreadOf({ count, sum, squares }: Sums): number {
  return count < 2 ? 0 : Math.max(0, (squares - (sum * sum) / count) / (count - 1))
}

/** Whether all values are 0 or 1, as far as sums tell: there a value is its own square. */
export function isBinary({ count, sum, squares }: Sums): boolean {
  return sum >= 0 && sum <= count && Math.abs(squares - sum) <= 1e-9 * Math.max(1, sum)
}
