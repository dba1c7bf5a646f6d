import { createHmac, randomBytes } from 'node:crypto'
import { type Instant, isoOf } from '../../core/index.ts'
import type { Facts, Message } from '../words/facts.ts'

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32
const MIN_SECRET_BYTES = 24
const MAX_SECRET_BYTES = 64
const PREFIX = 'whsec_'

export function makeSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64')
}

/** Whether it is `whsec_` and 24 to 64 bytes in base64. */
export function isSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false
  const key = keyOf(text)
  return (
    key.toString('base64') === text.slice(PREFIX.length) &&
    key.length >= MIN_SECRET_BYTES &&
    key.length <= MAX_SECRET_BYTES
  )
}

/** Headers of a delivery by Standard Webhooks 1.0: HMAC-SHA256 over `<id>.<seconds>.<body>`, in base64. */
export function signedHeaders(
  id: string,
  at: Instant,
  body: string,
  secret: string,
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(at / 1000))
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` }
}

/** `type`, `timestamp` and `data`, as that standard has them; `message` is the same for people. */
export function webhookBody(facts: Facts, message: Message): string {
  const { kind, at, ...data } = facts
  return JSON.stringify({
    type: kind,
    timestamp: isoOf(at),
    data: { ...data, message: { title: message.title, reason: message.reason } },
  })
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), 'base64')
}
