/** What is known so far, and how a block is added to it. Offsets are those of the names in ../layout.ts. */
import { STATE } from './memory'

/** Elements whose sums are taken together: a block lies in the first-level cache. */
export const BLOCK: i32 = 1024

/** Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances", (2.1). */
export function merge(count: f64, shift: f64, sum: f64, squares: f64): void {
  const before = load<f64>(STATE, 0)
  if (before == 0) store<f64>(STATE, shift, 72)
  const origin = load<f64>(STATE, 72)
  const mean = load<f64>(STATE, 8)
  const deviation = load<f64>(STATE, 16)
  const offset = sum / count
  const delta = shift - origin + offset - mean
  const after = before + count
  store<f64>(STATE, after, 0)
  store<f64>(STATE, mean + (delta * count) / after, 8)
  const within = Math.max(0, squares - sum * offset)
  store<f64>(STATE, deviation + within + (delta * delta * before * count) / after, 16)
}

export function addExtremes(least: f64, most: f64): void {
  store<f64>(STATE, Math.min(load<f64>(STATE, 24), least), 24)
  store<f64>(STATE, Math.max(load<f64>(STATE, 32), most), 32)
}

export function addZeros(count: f64): void {
  store<f64>(STATE, load<f64>(STATE, 40) + count, 40)
}

export function addNonFinite(value: f64): void {
  if (value != value) store<f64>(STATE, load<f64>(STATE, 48) + 1, 48)
  else if (value == Infinity) store<f64>(STATE, load<f64>(STATE, 56) + 1, 56)
  else if (value == -Infinity) store<f64>(STATE, load<f64>(STATE, 64) + 1, 64)
}

/** The sum of four lanes, as the plain implementation adds them. */
export function sumOf(a: f64, b: f64, c: f64, d: f64): f64 {
  return a + b + (c + d)
}
