import { errorBody, headersOf, InferenceError, statusOf } from '../../errors.ts'
import { headerOf, type ResponseFrame } from '../../frames/index.ts'
import type { Target } from '../traffic/routing.ts'
import type { AnswerHeaders, Exchange } from './exchange.ts'

export function sendJson(exchange: Exchange, status: number, body: string, type = 'application/json'): void {
  exchange.send(status, { 'content-type': type }, body)
}

/** The protocols of HTTP that are spoken here all say `{"error": …}`. */
export function sendError(exchange: Exchange, error: unknown, headers: AnswerHeaders = {}): void {
  const status = statusOf(error)
  headers['content-type'] = 'application/json'
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  if (status === 503) headers['retry-after'] = '1'
  if (error instanceof InferenceError && error.code === 'METHOD_NOT_ALLOWED') {
    headers['allow'] = String(error.details['allowed'])
  }
  Object.assign(headers, headersOf(error))
  exchange.send(status, headers, errorBody(error))
}

/** A replica's answer, as it is, and which version gave it. */
export function sendAnswer(
  exchange: Exchange,
  answer: ResponseFrame,
  target: Target,
  headers: AnswerHeaders = {},
): void {
  headers['content-type'] = headerOf(answer.headers, 'content-type') ?? 'application/json'
  headers['ballast-model-version'] = target.versionNumber
  headers['ballast-arm'] = target.arm
  const jsonLength = headerOf(answer.headers, 'inference-header-content-length')
  if (jsonLength !== undefined) headers['inference-header-content-length'] = jsonLength
  const retryAfter = headerOf(answer.headers, 'retry-after')
  if (retryAfter !== undefined) headers['retry-after'] = retryAfter
  const cache = headerOf(answer.headers, 'ballast-cache')
  if (cache !== undefined) headers['ballast-cache'] = cache
  exchange.send(answer.status, headers, answer.body)
}
