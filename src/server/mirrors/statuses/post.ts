import { request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import type { MirrorAllowance } from '../../../api/index.ts'
import { messageOf } from '../../../core/index.ts'
import { guarded } from '../../outbound/guarded.ts'
import { readAddress } from '../address.ts'
import type { ForgeRequest } from './requests.ts'

const TIMEOUT_MS = 15_000
/** Of an answer, for the message of an error. */
const MAX_ANSWER = 300

export type Posted =
  | { readonly kind: 'posted' }
  /** Trying again may help. */
  | { readonly kind: 'failed'; readonly problem: string }
  | { readonly kind: 'refused'; readonly problem: string }

/**
 * Posts JSON to a forge. No redirection is followed: the token is for this address. What the name of its host leads
 * to is checked as the connection is made.
 */
export function post(request: ForgeRequest, allowed: readonly MirrorAllowance[]): Promise<Posted> {
  let target: URL
  try {
    target = new URL(readAddress(request.url, allowed).url)
  } catch (error) {
    return Promise.resolve({ kind: 'refused', problem: messageOf(error) })
  }
  return new Promise(resolve => {
    const failed = (problem: string) => resolve({ kind: 'failed', problem })
    const headers = {
      'user-agent': 'ballast',
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(request.body)),
      ...request.headers,
    }
    const send = target.protocol === 'http:' ? overHttp : overHttps
    const sent = send(
      target,
      { method: 'POST', headers, lookup: guarded(allowed.includes('private')) },
      response => {
        let answer = ''
        response.on('data', (piece: Buffer) => {
          if (answer.length < MAX_ANSWER)
            answer += piece.toString('utf8').slice(0, MAX_ANSWER - answer.length)
        })
        response.on('error', error => failed(error.message))
        response.on('end', () => resolve(judge(response.statusCode ?? 0, answer)))
      },
    )
    const late = setTimeout(() => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS)
    sent.on('error', error => failed(error.message))
    sent.on('close', () => clearTimeout(late))
    sent.end(request.body)
  })
}

function judge(status: number, answer: string): Posted {
  if (status >= 200 && status < 300) return { kind: 'posted' }
  const problem = `the forge answered ${status}: ${answer.replace(/\s+/g, ' ')}`
  const passing = status >= 500 || status === 408 || status === 429
  return { kind: passing ? 'failed' : 'refused', problem }
}
