import type { IncomingHttpHeaders } from 'node:http'
import type { Bytes } from '../../core/index.ts'

/** Which bytes [start, end) a request asks for. */
export type Wanted =
  | { readonly kind: 'whole' | 'part'; readonly start: Bytes; readonly end: Bytes }
  /** The caller has them: 304. */
  | { readonly kind: 'unchanged' }
  /** 416. */
  | { readonly kind: 'beyond' }

const RANGE = /^bytes=(\d{0,16})-(\d{0,16})$/i

/**
 * RFC 9110, 13 and 14. Several ranges at once and what can't be read are ignored, as it allows: the answer is the
 * whole. `etag` is a strong one, with its quotes.
 */
export function wantedOf(headers: IncomingHttpHeaders, size: Bytes, etag: string): Wanted {
  if (matches(headers['if-none-match'], etag)) return { kind: 'unchanged' }
  const whole = { kind: 'whole', start: 0, end: size } as const
  const [, from, to] = RANGE.exec((headers.range ?? '').replaceAll(/\s/g, '')) ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return whole
  const condition = headers['if-range']
  if (condition !== undefined && condition !== etag) return whole
  if (from === '') {
    // The last so many bytes.
    const length = Math.min(Number(to), size)
    return length === 0 ? { kind: 'beyond' } : { kind: 'part', start: size - length, end: size }
  }
  const start = Number(from)
  const end = to === '' ? size : Math.min(Number(to) + 1, size)
  if (to !== '' && Number(to) < start) return whole
  return start >= size ? { kind: 'beyond' } : { kind: 'part', start, end }
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some(one => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}
