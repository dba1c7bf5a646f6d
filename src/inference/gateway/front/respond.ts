import type { ServerResponse } from 'node:http'
import { errorBody, InferenceError, statusOf } from '../../errors.ts'
import { headerOf, type ResponseFrame } from '../../frames/index.ts'
import type { Target } from '../traffic/routing.ts'

export function sendJson(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'application/json',
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

export function sendError(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) return
  const status = statusOf(error)
  const body = errorBody(error)
  const headers: Record<string, string | number> = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  if (status === 503) headers['retry-after'] = '1'
  if (error instanceof InferenceError && error.code === 'METHOD_NOT_ALLOWED') {
    headers['allow'] = String(error.details['allowed'])
  }
  // A body that was not read to its end would be taken for the next request.
  if (!response.req.complete) headers['connection'] = 'close'
  response.writeHead(status, headers)
  response.end(body)
}

/** A replica's answer, as it is, and which version gave it. */
export function sendAnswer(response: ServerResponse, answer: ResponseFrame, target: Target): void {
  const headers: Record<string, string | number> = {
    'content-type': headerOf(answer.headers, 'content-type') ?? 'application/json',
    'content-length': answer.body.length,
    'ballast-model-version': target.versionNumber,
    'ballast-arm': target.arm,
  }
  const jsonLength = headerOf(answer.headers, 'inference-header-content-length')
  if (jsonLength !== undefined) headers['inference-header-content-length'] = jsonLength
  const retryAfter = headerOf(answer.headers, 'retry-after')
  if (retryAfter !== undefined) headers['retry-after'] = retryAfter
  response.writeHead(answer.status, headers)
  response.end(answer.body)
}
