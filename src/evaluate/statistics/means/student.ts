import { bisect, incompleteBeta } from '../special.ts'

/** From here on Student's distribution is the normal one to six digits, and beyond counts of requests it is the same. */
const MANY = 1e7
const LARGEST = 1e6
/** To twelve digits of what is usual. */
const HALVINGS = 64

/** P(T > t) of Student's distribution with `freedom` degrees; exact far into the tail (Abramowitz & Stegun 26.7.1). */
export function studentTail(t: number, freedom: number): number {
  if (t < 0) return 1 - studentTail(-t, freedom)
  const n = Math.min(freedom, MANY)
  return 0.5 * incompleteBeta(n / (n + t * t), n / 2, 0.5)
}

/** The t with P(T ≤ t) = p: 0.95 and 31 degrees -> 1.6955. */
export function studentQuantile(p: number, freedom: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, freedom)
  return bisect(t => studentTail(t, freedom) > 1 - p, 0, LARGEST, HALVINGS)
}
