import type { Milliseconds } from './clock.ts'
import { CoreError } from './errors.ts'

/** Bytes. `5 MB` is 5,000,000 and `5 MiB` 5,242,880. */
export type Bytes = number
/** A part of one: `5%` is 0.05. */
export type Fraction = number

const DURATION: Readonly<Record<string, number>> = {
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const SIZE: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

/** `5 ms`, `10m`, `1h 30m` -> milliseconds. Throws UNIT_INVALID. */
export function parseDuration(text: string): Milliseconds {
  const parts = [...text.trim().matchAll(/\s*(\d+(?:\.\d+)?)\s*([a-zµ]+)\s*/gy)]
  const read = parts.reduce((length, part) => length + part[0].length, 0)
  if (parts.length === 0 || read !== text.trim().length)
    throw invalid('a duration such as 5 ms, 30s, 10m or 1h 30m', text)
  return parts.reduce((total, [, amount, unit]) => {
    const factor = Object.hasOwn(DURATION, unit!) ? DURATION[unit!] : undefined
    if (factor === undefined) throw invalid(`a unit of time (${Object.keys(DURATION).join(', ')})`, text)
    return total + Number(amount) * factor
  }, 0)
}

/** `5 MB`, `512KiB` -> bytes. Throws UNIT_INVALID. */
export function parseSize(text: string): Bytes {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$/.exec(text)
  const factor = match && Object.hasOwn(SIZE, match[2]!) ? SIZE[match[2]!] : undefined
  if (!match || factor === undefined)
    throw invalid(`a size such as 5 MB or 512 KiB (${Object.keys(SIZE).join(', ')})`, text)
  return Math.round(Number(match[1]) * factor)
}

/** `5%` -> 0.05. Throws UNIT_INVALID. */
export function parsePercent(text: string): Fraction {
  const match = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text)
  if (!match) throw invalid('a percentage such as 5%', text)
  return Number(match[1]) / 100
}

function invalid(expected: string, found: string): CoreError {
  return new CoreError('UNIT_INVALID', {
    message: `Expected ${expected}, found '${found}'`,
    details: { expected, found },
  })
}

export function formatDuration(ms: Milliseconds): string {
  if (ms === 0) return '0 ms'
  if (rounded(ms) < 1) return rounded(ms * 1000) < 1000 ? `${rounded(ms * 1000)} µs` : '1 ms'
  if (rounded(ms) < 1000) return `${rounded(ms)} ms`
  if (rounded(ms / 1000) < 60) return `${rounded(ms / 1000)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(ms / 60_000)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export function formatSize(bytes: Bytes): string {
  for (const [unit, factor] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (rounded(bytes / factor) >= 1) return `${rounded(bytes / factor)} ${unit}`
  }
  return `${bytes} B`
}

/** 0.0512 -> `5.12 %`. */
export function formatPercent(fraction: Fraction, digits = 2): string {
  return `${Number((fraction * 100).toFixed(digits))} %`
}

/** To three digits, or to a whole number from 100 on: 99.96 -> 100. */
function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}
