import type { Branded } from './brand.ts'

/** Milliseconds since 1970, UTC. */
export type Instant = Branded<number, 'Instant'>
/** Milliseconds. */
export type Milliseconds = number

/** Passed in wherever time decides something, so that a test sets it. */
export interface Clock {
  now(): Instant
}

export const systemClock: Clock = { now: () => Date.now() as Instant }

export function instant(milliseconds: number): Instant {
  return milliseconds as Instant
}

/** `2026-11-30 07:00 UTC`: for people. */
export function formatMinute(time: Instant): string {
  return `${isoOf(time).slice(0, 16).replace('T', ' ')} UTC`
}

export function isoOf(time: Instant): string {
  return new Date(time).toISOString()
}
