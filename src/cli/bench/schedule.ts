import type { Load } from './plan.ts'

type Open = Extract<Load, { kind: 'open' }>

/**
 * When requests are to be sent, in milliseconds from the start, for ever: at equal distances, or as a Poisson process,
 * as independent callers come. During the ramp the rate grows evenly from 0, so that a fresh server is not met by all
 * at once: after t of T, rate × t/T; the n-th of a steady process comes where the area below is n.
 */
export function* arrivals({
  rate,
  arrivals,
  rampMs,
  offsetMs,
  seed,
}: Omit<Open, 'kind'>): Generator<number, never> {
  const perMs = rate / 1000
  const random = generator(seed)
  let area = arrivals === 'constant' ? offsetMs * perMs : gap(random)
  for (;;) {
    yield timeOf(area, perMs, rampMs)
    area += arrivals === 'constant' ? 1 : gap(random)
  }
}

/** The area below the rate up to t is perMs × t²/2T within the ramp, and perMs × (t − T/2) behind. */
function timeOf(area: number, perMs: number, rampMs: number): number {
  const inRamp = (perMs * rampMs) / 2
  return area < inRamp ? Math.sqrt((2 * rampMs * area) / perMs) : area / perMs + rampMs / 2
}

/** Exponential with mean 1. */
function gap(random: () => number): number {
  return -Math.log(1 - random())
}

/** Uniform in [0, 1): Weyl's sequence, mixed (splitmix32). */
export function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}
