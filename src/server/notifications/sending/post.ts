import { request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import type { NotifyAllowance } from '../../../api/index.ts'
import { isPublic } from '../../outbound/fetch.ts'
import { guarded } from '../../outbound/guarded.ts'
import { readUrl } from '../allowed.ts'
import { type Outcome, TIMEOUT_MS } from './outcome.ts'

/** Of an answer, for the log of deliveries: what comes after is not read. */
const MAX_ANSWER_BYTES = 200
/** More than an hour is a refusal in other words. */
const MAX_WAIT_MS = 60 * 60_000
/** Of the answer's headers. */
const MAX_HEADER_BYTES = 16 * 1024

export interface Post {
  readonly url: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Posts JSON. No redirection is followed: what is said is for this address. What its host's name leads to is checked
 * as the connection is made. The answer's words are shown where its sender is public alone: who may add a channel
 * may not read what only this machine reaches.
 */
export async function post(
  { url, body, headers }: Post,
  allowed: readonly NotifyAllowance[],
  signal: AbortSignal,
  timeoutMs = TIMEOUT_MS,
): Promise<Outcome> {
  const target = readUrl(url, allowed)
  const send = target.protocol === 'http:' ? overHttp : overHttps
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const failed = (problem: string) => resolve({ kind: 'failed', problem, final: false })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const sent = send(
    target,
    {
      method: 'POST',
      agent: false,
      lookup: guarded(allowed.includes('private')),
      maxHeaderSize: MAX_HEADER_BYTES,
      signal: limit,
      headers: {
        'user-agent': 'ballast',
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        ...headers,
      },
    },
    response => {
      const pieces: Buffer[] = []
      let size = 0
      const end = () => {
        const words = Buffer.concat(pieces).subarray(0, MAX_ANSWER_BYTES).toString('utf8')
        const shown = isPublic(response.socket?.remoteAddress ?? '') ? words : ''
        resolve(judge(response.statusCode ?? 0, response.headers['retry-after'], shown))
        sent.destroy()
      }
      response.on('data', (piece: Buffer) => {
        size += piece.length
        pieces.push(piece)
        if (size >= MAX_ANSWER_BYTES) end()
      })
      response.on('end', end)
      response.on('error', error => failed(error.message))
    },
  )
  sent.on('error', error =>
    failed(limit.aborted && !signal.aborted ? `no answer within ${timeoutMs / 1000} s` : error.message),
  )
  sent.end(body)
  return promise
}

/** Every answer but 2xx is a failure, redirections too; 410 says that nobody listens there any more. */
function judge(status: number, retryAfter: string | undefined, words: string): Outcome {
  if (status >= 200 && status < 300) return { kind: 'sent', status }
  const said = words.replace(/[^\p{L}\p{N}\p{P}\p{S}]+/gu, ' ').trim()
  const problem = `the answer was ${status}${status >= 300 && status < 400 ? ', and redirections are not followed' : ''}${said ? `: ${said}` : ''}`
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : undefined
  return {
    kind: 'failed',
    status,
    problem,
    final: status === 410,
    ...(seconds !== undefined && { waitMs: Math.min(seconds * 1000, MAX_WAIT_MS) }),
  }
}
