import { setTimeout as sleep } from 'node:timers/promises'
import { CoreError, messageOf } from './errors.ts'

/** A file host answers with one redirect, to its storage; more than a few are a circle. */
const MAX_REDIRECTS = 5
/** The first try and three more: after that, the server is down. */
const MAX_TRIES = 4
const FIRST_WAIT_MS = 250
/** What a server may make us wait between two tries. */
const MAX_WAIT_MS = 10_000
/** For 4 MiB, on a slow line. */
const TIMEOUT_MS = 60_000

export interface HttpOptions {
  /** Headers of every request to the address's own origin: an `authorization`, say. */
  readonly headers?: Readonly<Record<string, string>>
  /** Waits between two tries. */
  readonly wait?: (milliseconds: number) => Promise<unknown>
  /** For one request. */
  readonly timeoutMs?: number
}

/** What a file must still be, from one request to the next. */
export interface Pinned {
  readonly size: number
  readonly etag: string | null
  readonly modified: string | null
}

export interface RangeAnswer {
  readonly bytes: Uint8Array
  readonly size: number
  readonly pinned: Pinned
}

/** Worth another try: the server is busy, down or gone for a moment. */
class Passing extends Error {
  readonly waitMs: number | undefined
  constructor(message: string, waitMs?: number, cause?: unknown) {
    super(message, { cause })
    this.waitMs = waitMs
  }
}

/**
 * Up to `length` bytes from `offset`: fewer where the file ends, none of an empty file. Follows redirects, tries
 * again what passes. Throws URL_UNREADABLE, also where the file is another one than was `pinned`.
 */
export async function requestRange(
  address: URL,
  name: string,
  offset: number,
  length: number,
  pinned: Pinned | undefined,
  options: HttpOptions,
): Promise<RangeAnswer> {
  const wait = options.wait ?? sleep
  for (let tries = 1; ; tries++) {
    try {
      return await tryRange(address, name, { offset, length, pinned, options })
    } catch (cause) {
      if (!(cause instanceof Passing)) throw cause
      if (tries === MAX_TRIES)
        throw unreadable(
          `${name} could not be read: ${cause.message}`,
          'Try again later, or download the file.',
          cause,
        )
      await wait(Math.min(MAX_WAIT_MS, cause.waitMs ?? FIRST_WAIT_MS * 2 ** (tries - 1)))
    }
  }
}

interface Wanted {
  readonly offset: number
  readonly length: number
  readonly pinned: Pinned | undefined
  readonly options: HttpOptions
}

async function tryRange(address: URL, name: string, wanted: Wanted): Promise<RangeAnswer> {
  const { offset, length, pinned } = wanted
  const signal = AbortSignal.timeout(wanted.options.timeoutMs ?? TIMEOUT_MS)
  const response = await follow(address, name, wanted, signal)
  try {
    if (response.status === 416 && /^bytes \*\/0$/.test(response.headers.get('content-range') ?? ''))
      return { bytes: new Uint8Array(0), ...checkPinned(response, 0, pinned, name) }
    const range = rangeOf(response, name, pinned !== undefined)
    const answer = checkPinned(response, range.size, pinned, name)
    const expected = Math.min(length, range.size - offset)
    if (range.start !== offset || range.length !== expected)
      throw unreadable(
        `${name}: ${expected} bytes at ${offset} were asked for, ${range.length} at ${range.start} are answered`,
        'The server does not keep to HTTP ranges: download the file.',
      )
    return { bytes: await bodyOf(response, expected), ...answer }
  } finally {
    await response.body?.cancel().catch(() => undefined)
  }
}

/** The answer that is no redirect. Each address on the way is checked as the first was. */
async function follow(address: URL, name: string, wanted: Wanted, signal: AbortSignal): Promise<Response> {
  let at = address
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const response = await send(at, at.origin === address.origin ? address : undefined, wanted, signal)
    const target = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null
    if (target === null) return response
    await response.body?.cancel().catch(() => undefined)
    const next = URL.parse(target, at.href)
    const plain = next?.protocol === 'https:' || (next?.protocol === 'http:' && at.protocol === 'http:')
    if (!next || !plain)
      throw unreadable(
        `${name} redirects to an address that is not followed`,
        'Give the address of the file itself.',
      )
    at = next
  }
  throw unreadable(
    `${name} redirects more than ${MAX_REDIRECTS} times`,
    'Give the address of the file itself.',
  )
}

/** Credentials go to the origin that they were given for, and nowhere else. */
async function send(at: URL, own: URL | undefined, wanted: Wanted, signal: AbortSignal): Promise<Response> {
  const { offset, length, pinned, options } = wanted
  const headers = new Headers(own ? options.headers : undefined)
  headers.set('range', `bytes=${offset}-${offset + length - 1}`)
  headers.set('accept-encoding', 'identity')
  const validator = pinned?.etag?.startsWith('"') ? pinned.etag : pinned?.modified
  if (validator) headers.set('if-range', validator)
  if (own && own.username !== '' && !headers.has('authorization')) {
    const pair = `${decoded(own.username)}:${decoded(own.password)}`
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  }
  const bare = new URL(at)
  bare.username = ''
  bare.password = ''
  bare.hash = ''
  try {
    return await fetch(bare, { headers, redirect: 'manual', signal })
  } catch (cause) {
    throw new Passing(reasonOf(cause), undefined, cause)
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

interface AnsweredRange {
  readonly start: number
  readonly length: number
  readonly size: number
}

function rangeOf(response: Response, name: string, again: boolean): AnsweredRange {
  const { status, headers } = response
  if (status === 408 || status === 429 || status >= 500) {
    const seconds = Number(headers.get('retry-after') ?? Number.NaN)
    throw new Passing(
      `the server answers ${status}`,
      Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : undefined,
    )
  }
  if (status === 200 && again) throw changed(name)
  if (status === 200)
    throw unreadable(
      `${name}: the server gives whole files only, not parts of them`,
      'Download the file, and name it by its path.',
    )
  if (status !== 206)
    throw unreadable(
      status === 404 || status === 410 ? `There is no file ${name}` : `${name}: the server answers ${status}`,
      status === 401 || status === 403 ? 'Check your rights to it.' : 'Check the address.',
    )
  const encoding = headers.get('content-encoding')
  const found = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(headers.get('content-range') ?? '')
  if (!found || (encoding !== null && encoding !== 'identity'))
    throw unreadable(
      `${name}: the server does not say which part of how much it gives`,
      'Download the file, and name it by its path.',
    )
  const [start, end, size] = [Number(found[1]), Number(found[2]), Number(found[3])]
  return { start, length: end - start + 1, size }
}

function checkPinned(
  response: Response,
  size: number,
  pinned: Pinned | undefined,
  name: string,
): { readonly size: number; readonly pinned: Pinned } {
  const now = {
    size,
    etag: response.headers.get('etag'),
    modified: response.headers.get('last-modified'),
  }
  const same =
    !pinned || (pinned.size === size && pinned.etag === now.etag && pinned.modified === now.modified)
  if (!same) throw changed(name)
  return { size, pinned: now }
}

async function bodyOf(response: Response, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let filled = 0
  try {
    for await (const piece of response.body ?? []) {
      if (filled + piece.byteLength > length) throw new Passing('the server sends more than it says')
      bytes.set(piece, filled)
      filled += piece.byteLength
    }
  } catch (cause) {
    throw cause instanceof Passing ? cause : new Passing(reasonOf(cause), undefined, cause)
  }
  if (filled < length) throw new Passing(`the answer breaks off after ${filled} of ${length} bytes`)
  return bytes
}

/** fetch hides what happened in its cause: `connect ECONNREFUSED …`. */
function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause
  return messageOf(inner)
}

function changed(name: string): CoreError {
  return unreadable(`${name} changed while it was read`, 'Read it again, from the start.')
}

function unreadable(message: string, hint: string, cause?: unknown): CoreError {
  return new CoreError('URL_UNREADABLE', { message, hint, ...(cause !== undefined && { cause }) })
}
