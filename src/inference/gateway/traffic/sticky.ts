import { randomText } from '../../../core/index.ts'
import type { RequestHead } from './admission.ts'
import type { RouteTargets } from './routing.ts'

/** More than any browser sends for one site; past here no cookie is looked for. */
const MAX_COOKIE_HEADER = 8192
/** What this gateway gave out, and nothing else: 16 characters of `randomText`. */
const GIVEN = /^[0-9a-z]{16}$/

/** Where a caller stands among the arms. */
export interface Draw {
  /** Uniform in [0, 1). */
  readonly draw: number
  /** For the answer, where the caller got a new cookie. */
  readonly setCookie: string | undefined
}

/**
 * By the caller's own key (`Ballast-Affinity`), else by the header or cookie that the route is sticky by, else by lot.
 * A cookie holds a random number and no more: it tells nothing of who has it, and choosing one only chooses an arm.
 */
export function drawOf(head: Pick<RequestHead, 'header' | 'secure'>, sticky: RouteTargets['sticky']): Draw {
  const key = head.header('ballast-affinity')
  if (key !== undefined) return { draw: affinityOf(key), setCookie: undefined }
  if (sticky === undefined) return { draw: Math.random(), setCookie: undefined }
  if (sticky.kind === 'header') {
    const value = head.header(sticky.name)
    return { draw: value === undefined ? Math.random() : affinityOf(value), setCookie: undefined }
  }
  const known = cookieOf(head.header('cookie'), sticky.name)
  if (known !== undefined) return { draw: affinityOf(known), setCookie: undefined }
  const value = randomText(16)
  const age = Math.max(1, Math.round(sticky.maxAgeMs / 1000))
  const setCookie = `${sticky.name}=${value}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${head.secure ? '; Secure' : ''}`
  return { draw: affinityOf(value), setCookie }
}

/** The first cookie of that name whose value may be ours. */
function cookieOf(header: string | undefined, name: string): string | undefined {
  if (header === undefined || header.length > MAX_COOKIE_HEADER) return undefined
  for (let at = 0; at < header.length; ) {
    const semicolon = header.indexOf(';', at)
    const end = semicolon < 0 ? header.length : semicolon
    const pair = header.slice(at, end).trim()
    if (pair.startsWith(name) && pair[name.length] === '=') {
      const value = pair.slice(name.length + 1)
      if (GIVEN.test(value)) return value
    }
    at = end + 1
  }
  return undefined
}

/**
 * One of several groups of callers, by the last bits of a draw: its first ones choose the arm, so that all groups are in
 * every arm. Two callers of one group are not told apart, and who draws by lot is in another each time.
 */
export function groupOf(draw: number, groups: number): number {
  return Math.floor(draw * 2 ** 32) % groups
}

/** A caller's key as a number in [0, 1): FNV-1a with a final mix, so that similar keys lie far apart. */
export function affinityOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
