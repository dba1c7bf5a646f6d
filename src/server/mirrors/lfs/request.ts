import { type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import type { MirrorAllowance } from '../../../api/index.ts'
import { messageOf } from '../../../core/index.ts'
import { ServerError } from '../../errors.ts'
import { guarded } from '../../outbound/guarded.ts'
import { readAddress } from '../address.ts'

/** Who sends nothing for this long is gone. */
const MAX_SILENCE_MS = 60_000
const MAX_REDIRECTS = 3

export interface Question {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Asking {
  readonly allowed: readonly MirrorAllowance[]
  readonly signal: AbortSignal
}

/**
 * The answer to a request, whose body is still to be read. Redirections are followed to what the installation allows,
 * and take no header to another origin. Throws OUTBOUND_REFUSED, OUTBOUND_FAILED.
 */
export async function ask(question: Question, asking: Asking): Promise<IncomingMessage> {
  let { url, headers } = question
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await askOnce({ ...question, url, headers }, asking)
    const { statusCode = 0, headers: told } = answer
    if (statusCode < 300 || statusCode >= 400 || told.location === undefined) return answer
    answer.resume()
    if (question.method !== 'GET') throw failed(url, 'it answers with a redirection')
    if (!URL.canParse(told.location, url)) throw failed(url, 'it redirects to what is no address')
    const next = new URL(told.location, url)
    if (next.origin !== new URL(url).origin) headers = {}
    url = next.href
  }
  throw failed(url, `it redirects more than ${MAX_REDIRECTS} times`)
}

async function askOnce(question: Question, { allowed, signal }: Asking): Promise<IncomingMessage> {
  const { method, url, headers, body } = question
  const target = new URL(url)
  // A signed address has its signature in the query, which addresses of remotes must not have.
  readAddress(`${target.origin}${target.pathname}`, allowed)
  if (target.protocol !== 'https:' && target.protocol !== 'http:') throw failed(url, 'it is not of HTTP')
  const send = target.protocol === 'http:' ? overHttp : overHttps
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(failed(url, messageOf(error)))
    const options = {
      method,
      lookup: guarded(allowed.includes('private')),
      signal,
      timeout: MAX_SILENCE_MS,
      headers: {
        ...headers,
        'user-agent': 'ballast',
        'accept-encoding': 'identity',
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      },
    }
    try {
      const sent = send(target, options, resolve)
      sent.on('timeout', () => sent.destroy(new Error('it fell silent')))
      sent.on('error', fail)
      sent.end(body)
    } catch (error) {
      // Such as a header that can't be sent.
      fail(error)
    }
  })
}

export function failed(url: string, why: string): ServerError {
  const shown = URL.canParse(url) ? new URL(url).origin + new URL(url).pathname : 'it'
  return new ServerError('OUTBOUND_FAILED', {
    message: `${shown.slice(0, 200)} could not be asked for files of Git LFS: ${why}`,
    hint: 'Check the mirror, its token, and whether this machine reaches the address.',
  })
}
