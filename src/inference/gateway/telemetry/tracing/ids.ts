import { randomFillSync } from 'node:crypto'
import { randomText } from '../../../../core/index.ts'

/** Drawn at once: a call of the system's generator costs more than a request may. */
const pool = Buffer.alloc(4096)
let at = pool.length

/** Hex digits of `bytes` random bytes, never all zero, which no trace or span may be called. */
export function randomHex(bytes: 8 | 16): string {
  if (at + bytes > pool.length) {
    randomFillSync(pool)
    at = 0
  }
  const text = pool.toString('hex', at, at + bytes)
  at += bytes
  return /^0+$/.test(text) ? randomHex(bytes) : text
}

/** Characters that neither a log, a header nor a shell takes for something else. */
const SANE = /^[A-Za-z0-9._:/+=@-]{1,128}$/
const process = randomText(10)
let requests = 0

/**
 * The caller's own id where it is sane, else a new one: random for the process, and counted. Ids name requests in
 * logs; nothing is granted for knowing one.
 */
export function requestIdOf(asked: string | undefined): string {
  if (asked !== undefined && SANE.test(asked)) return asked
  return `${process}${(requests++).toString(36).padStart(6, '0')}`
}
