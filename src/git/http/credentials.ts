/** A token has some 40 characters; this leaves room and bounds the work. */
const MAX_HEADER = 1024

/**
 * The token of an Authorization header: the password of Basic (any user name; or the user name where there is no
 * password), or a Bearer token. undefined when there is none or it can't be read.
 */
export function tokenFrom(header: string | undefined): string | undefined {
  if (header === undefined || header.length > MAX_HEADER) return undefined
  const [, scheme, value] = /^(Basic|Bearer) +([A-Za-z0-9._~+/=-]+)$/i.exec(header.trim()) ?? []
  if (scheme === undefined || value === undefined) return undefined
  if (scheme.toLowerCase() === 'bearer') return value
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return undefined
  return text.slice(colon + 1) || text.slice(0, colon) || undefined
}
