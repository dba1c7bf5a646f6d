import type { IncomingMessage } from 'node:http'

/** A name or address, and a port. */
const AUTHORITY = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,255})(:\d{1,5})?$/
const FORWARDED = ['x-forwarded-for', 'x-forwarded-proto', 'forwarded'] as const

/**
 * What addresses for a client begin with: where this client has reached the server, so that one on the same machine
 * or network stays there; behind a proxy that tells nothing of it, where the server says that it is reached. What a
 * client writes into its own headers comes back to itself alone. Undefined where it names no host.
 */
export function originFor(request: Pick<IncomingMessage, 'headers'>, publicUrl: string): string | undefined {
  const { headers } = request
  const forwarded = first(headers['x-forwarded-host'])
  const host = forwarded ?? first(headers.host)
  if (host === new URL(publicUrl).host) return publicUrl
  if (forwarded === undefined && FORWARDED.some(name => headers[name] !== undefined)) return publicUrl
  const proto = first(headers['x-forwarded-proto'])
  const scheme = proto === 'https' ? 'https' : 'http'
  return host !== undefined && AUTHORITY.test(host) ? `${scheme}://${host}` : undefined
}

/** Of several proxies the first, which the client spoke to. */
function first(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.[0]
  return (text ?? '').split(',', 1)[0]!.trim().toLowerCase() || undefined
}
