import type { IncomingMessage, ServerResponse } from 'node:http'
import { BallastError } from '../../core/index.ts'

export const LFS_TYPE = 'application/vnd.git-lfs+json'
/** A batch of 1000 objects is some 120 kB; the rest is room for members that we don't know. */
const MAX_JSON_BYTES = 1 << 20

/** What a request comes to when it goes wrong: a status and a line for the person at the client. */
export interface Problem {
  readonly kind: 'problem'
  readonly status: number
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

export function problem(
  status: number,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Problem {
  return { kind: 'problem', status, message, ...(headers && { headers }) }
}

/** Errors of the store that are the client's business. Every other is our own fault, and its text stays in the log. */
const STATUS: Readonly<Record<string, number>> = {
  BLOB_DIGEST_MISMATCH: 422,
  BLOB_TOO_LARGE: 422,
  BLOB_NOT_FOUND: 404,
  DISK_FULL: 507,
  QUOTA_EXCEEDED: 413,
  DATABASE_BUSY: 503,
}

/** Undefined for what is no error of the client's. */
export function problemOfError(error: unknown): Problem | undefined {
  if (!(error instanceof BallastError)) return undefined
  const status = Object.hasOwn(STATUS, error.code) ? STATUS[error.code] : undefined
  return status === undefined
    ? undefined
    : problem(status, [error.message, error.hint].filter(Boolean).join('. '))
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'Content-Type': LFS_TYPE,
    'Content-Length': String(Buffer.byteLength(text)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  })
  response.end(text)
}

export function answerProblem(
  request: IncomingMessage,
  response: ServerResponse,
  { status, message, headers }: Problem,
): void {
  answerJson(response, status, { message }, headers)
  drain(request)
}

/** After this long somebody sends a body on purpose whose answer was given long ago. */
const MAX_DRAIN_MS = 30_000

/**
 * Reads and drops what still comes of a body, so that the client, which looks at the answer only when it has sent
 * or when it can't send, gets it, and not a reset connection.
 */
function drain(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  const cut = setTimeout(() => request.destroy(), MAX_DRAIN_MS)
  cut.unref()
  request.once('close', () => clearTimeout(cut))
  request.once('error', () => undefined)
  request.resume()
}

/** Media types without their parameters: `application/vnd.git-lfs+json; charset=utf-8`. */
function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

/** What is wrong with the headers of a request that sends or wants the JSON of LFS. */
export function headerProblem(request: IncomingMessage): Problem | undefined {
  const { accept, 'content-type': type, 'content-encoding': encoding = 'identity' } = request.headers
  const wanted = accept?.split(',').map(mediaType) ?? []
  if (accept !== undefined && !wanted.some(one => [LFS_TYPE, 'application/*', '*/*'].includes(one)))
    return problem(406, `Answers here are ${LFS_TYPE}.`)
  if (request.method !== 'POST') return undefined
  // Also what keeps a form on some web page from asking with a browser's stored password.
  if (mediaType(type) !== LFS_TYPE) return problem(415, `Expected Content-Type ${LFS_TYPE}.`)
  if (encoding.toLowerCase() !== 'identity')
    return problem(415, `Content-Encoding ${encoding.slice(0, 40)} is not understood.`)
  return undefined
}

export type Json = Readonly<Record<string, unknown>>

/** The JSON object in a body. It is somebody else's: members are read by `member`. */
export async function readJson(
  request: IncomingMessage,
): Promise<{ readonly kind: 'json'; readonly json: Json } | Problem> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length
    if (size > MAX_JSON_BYTES) return problem(413, `A request has at most ${MAX_JSON_BYTES} bytes.`)
    chunks.push(chunk as Buffer)
  }
  try {
    const json: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return isJson(json) ? { kind: 'json', json } : problem(422, 'The body is no JSON object.')
  } catch {
    return problem(400, 'The body is no JSON.')
  }
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An own member: nothing is inherited from `Object.prototype`. */
export function member(json: Json, name: string): unknown {
  return Object.hasOwn(json, name) ? json[name] : undefined
}
