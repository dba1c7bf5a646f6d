/**
 * W3C Trace Context, level 2: https://www.w3.org/TR/trace-context-2. Read strictly: what breaks the grammar is
 * ignored, and the request begins a trace of its own.
 */
export interface TraceParent {
  /** 32 hex digits, lower case. */
  readonly traceId: string
  /** 16 hex digits: the caller's span. */
  readonly spanId: string
  readonly sampled: boolean
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
/** Longer is nobody's: later versions may append fields. */
const MAX_TRACEPARENT = 512
const SAMPLED = 1

/**
 *   readTraceparent('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')   sampled
 *   readTraceparent('00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')   undefined: upper case
 */
export function readTraceparent(text: string | undefined): TraceParent | undefined {
  if (text === undefined || text.length > MAX_TRACEPARENT) return undefined
  const match = TRACEPARENT.exec(text)
  if (match === null) return undefined
  const [, version, traceId, spanId, flags, more] = match
  // Version 00 has nothing after its flags, and ff is forbidden.
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return undefined
  return { traceId: traceId!, spanId: spanId!, sampled: (Number.parseInt(flags!, 16) & SAMPLED) !== 0 }
}

export function traceparentOf(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`
}

/** The specification asks to carry at least as much. */
const MAX_TRACESTATE = 512
const MAX_MEMBERS = 32
const MEMBER =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/** `tracestate` as it is to be told on, or undefined where it breaks the grammar. Goes with a valid traceparent only. */
export function readTracestate(text: string | undefined): string | undefined {
  if (text === undefined || text.length > MAX_TRACESTATE) return undefined
  const members = text
    .split(',')
    .map(member => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter(member => member !== '')
  if (members.length === 0 || members.length > MAX_MEMBERS) return undefined
  const keys = new Set<string>()
  for (const member of members) {
    const key = member.slice(0, member.indexOf('='))
    if (!MEMBER.test(member) || keys.has(key)) return undefined
    keys.add(key)
  }
  return members.join(',')
}
