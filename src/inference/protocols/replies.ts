import { headersOf, statusOf } from '../errors.ts'
import { headerBlock, type Reply } from '../frames/index.ts'

export const JSON_HEADERS: string = headerBlock({ 'content-type': 'application/json' })
/** Seconds, where nobody knows better. */
const RETRY_AFTER = '1'

export function jsonReply(text: string): Reply {
  return { status: 200, headers: JSON_HEADERS, body: [Buffer.from(text)] }
}

/** Status and headers of a refusal: what is over soon says when to come again. */
export function refusalHeaders(error: unknown, headers: string): Omit<Reply, 'body'> {
  const status = statusOf(error)
  const soon = status === 503 || status === 429
  const more = { ...(soon ? { 'retry-after': RETRY_AFTER } : {}), ...headersOf(error) }
  return { status, headers: headers + headerBlock(more) }
}
