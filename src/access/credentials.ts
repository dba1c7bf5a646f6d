/** A token has some 40 characters; this leaves room for others' and bounds the work. */
const MAX_HEADER = 1024

/** The token of `Authorization: Bearer …`; undefined where there is none or it can't be read. */
export function parseBearer(header: string | undefined): string | undefined {
  return credentialsOf(header, 'bearer')
}

/** User and password of `Authorization: Basic …` (RFC 7617, UTF-8); undefined where it can't be read. */
export function parseBasic(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const encoded = credentialsOf(header, 'basic')
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0 || text.includes('\u0000')) return undefined
  return { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

function credentialsOf(header: string | undefined, scheme: string): string | undefined {
  if (header === undefined || header.length > MAX_HEADER) return undefined
  const [, found, value] = /^ *([A-Za-z]+) +([A-Za-z0-9._~+/=-]+) *$/.exec(header) ?? []
  return found?.toLowerCase() === scheme ? value : undefined
}
