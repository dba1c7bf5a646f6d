import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Forge } from '../../../pipeline/index.ts'

export interface Verified {
  /** The forge's id of the delivery; where it gives none, of the body. */
  readonly delivery: string
  /** `push`, `pull_request`, `Merge Request Hook` … */
  readonly event: string
  readonly digest: string
}

/** What forges call their headers; all are lower-case in Node. */
const HEADERS: Readonly<
  Record<
    Forge,
    {
      readonly proof: readonly string[]
      readonly delivery: readonly string[]
      readonly event: readonly string[]
    }
  >
> = {
  github: { proof: ['x-hub-signature-256'], delivery: ['x-github-delivery'], event: ['x-github-event'] },
  gitlab: {
    proof: ['x-gitlab-token'],
    delivery: ['idempotency-key', 'x-gitlab-event-uuid'],
    event: ['x-gitlab-event'],
  },
  gitea: {
    proof: ['x-gitea-signature', 'x-forgejo-signature'],
    delivery: ['x-gitea-delivery', 'x-forgejo-delivery'],
    event: ['x-gitea-event', 'x-forgejo-event'],
  },
}

/**
 * Whether a delivery comes from whoever knows the hook's secret: for GitHub and Gitea an HMAC-SHA256 of the body as
 * it came, for GitLab the secret itself. Compared in constant time. Undefined: it does not, or a header is missing.
 */
export function verify(
  forge: Forge,
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  secret: string,
): Verified | undefined {
  const names = HEADERS[forge]
  const proof = headerOf(headers, names.proof)
  const event = headerOf(headers, names.event)
  if (proof === undefined || event === undefined || event.length > 100) return undefined
  const hmac = createHmac('sha256', secret).update(body).digest('hex')
  const expected = forge === 'gitlab' ? secret : forge === 'github' ? `sha256=${hmac}` : hmac
  if (!same(proof, expected)) return undefined
  const digest = createHash('sha256').update(`${event}\0`).update(body).digest('hex')
  const delivery = headerOf(headers, names.delivery)
  return { event, digest, delivery: delivery && delivery.length <= 200 ? delivery : digest }
}

function headerOf(headers: IncomingHttpHeaders, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = headers[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

/** Digests have one length whatever was sent, so that the comparison takes one time. */
function same(a: string, b: string): boolean {
  const [x, y] = [a, b].map(text => createHash('sha256').update(text).digest()) as [Buffer, Buffer]
  return timingSafeEqual(x, y)
}
