import {
  type Bytes,
  CoreError,
  type Fraction,
  type Milliseconds,
  parseDuration,
  parsePercent,
  parseSize,
} from '../../core/index.ts'
import { mismatch } from '../../pipeline/index.ts'
import { type Reader, refine } from './reader.ts'
import { text } from './scalars.ts'

const DURATION = String.raw`(\d+(\.\d+)?\s*(us|µs|ms|s|m|min|h|d|w)\s*)+`
const PERCENT = String.raw`(100(\.0+)?|\d{1,2}(\.\d+)?)\s*%`
const SIZE = String.raw`\d+(\.\d+)?\s*(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)`
const MAX_UNIT_LENGTH = 40

/** `10m`, `1h 30m`, from `min` to `max`. */
export function duration(min: Milliseconds, max: Milliseconds, bounds: string): Reader<Milliseconds> {
  const expected = 'a duration such as 30s, 10m or 1h 30m'
  return refine(
    text({ expected, pattern: whole(DURATION), maxLength: MAX_UNIT_LENGTH }),
    (written, node, place) => {
      const value = parsed(() => parseDuration(written))
      return value !== undefined && value >= min && value <= max
        ? value
        : mismatch(node, place, `a duration from ${bounds}`)
    },
  )
}

/** `5 GB`, `512 MiB`, from `min` to `max`. */
export function size(min: Bytes, max: Bytes, bounds: string): Reader<Bytes> {
  const expected = `a size from ${bounds}`
  return refine(
    text({ expected, pattern: whole(SIZE), maxLength: MAX_UNIT_LENGTH }),
    (written, node, place) => {
      const value = parsed(() => parseSize(written))
      return value !== undefined && value >= min && value <= max ? value : mismatch(node, place, expected)
    },
  )
}

/** `5%`, from 0 to 100. */
export function percent(): Reader<Fraction> {
  return parts('a percentage such as 5%', PERCENT, parsePercent)
}

/** `50%`, or `200%` where twice as much again is meant. */
export function growth(): Reader<Fraction> {
  return parts('a percentage such as 50%', String.raw`\d{1,4}(\.\d+)?\s*%`, parsePercent)
}

/** `25%`, or `25% 10m`. */
export function percentAndDuration(): Reader<{ readonly share: Fraction; readonly hold?: Milliseconds }> {
  return parts('a step such as 5% or 25% 10m', String.raw`${PERCENT}(\s+${DURATION})?`, written => {
    const [, share, hold] = /^(.*?%)(.*)$/.exec(written)!
    return { share: parsePercent(share!), ...(hold!.trim() && { hold: parseDuration(hold!) }) }
  })
}

/** `shadow`, `shadow 10m`, `shadow 20% 10m`: of all requests, unless told. */
export function shadowAndDuration(): Reader<{ readonly share: Fraction; readonly hold?: Milliseconds }> {
  const pattern = String.raw`shadow(\s+${PERCENT})?(\s+${DURATION})?`
  return parts('a shadow such as shadow 10m or shadow 20% 10m', pattern, written => {
    const [, share, hold] = /^\s*shadow\s*(.*?%)?(.*)$/.exec(written)!
    return {
      share: share === undefined ? 1 : parsePercent(share),
      ...(hold!.trim() && { hold: parseDuration(hold!) }),
    }
  })
}

function parts<T>(expected: string, pattern: string, parse: (text: string) => T): Reader<T> {
  const reader = text({ expected, pattern: whole(pattern), maxLength: MAX_UNIT_LENGTH })
  return refine(
    reader,
    (written, node, place) => parsed(() => parse(written)) ?? mismatch(node, place, expected),
  )
}

function whole(pattern: string): RegExp {
  return new RegExp(String.raw`^\s*${pattern}\s*$`)
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (error instanceof CoreError) return undefined
    throw error
  }
}
