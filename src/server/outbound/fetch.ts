import { lookup } from 'node:dns'
import { request } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { ServerError } from '../errors.ts'

/** A server that says nothing for this long is not waited for. */
const TIMEOUT_MS = 15_000
const MAX_REDIRECTS = 3

/**
 * A file by HTTPS from a public address, as text. What a pushed file names must not make the control plane speak
 * with what only it can reach, so private, loopback and link-local addresses are refused at the moment of the
 * connection, whatever the name resolves to. Throws OUTBOUND_REFUSED, OUTBOUND_FAILED.
 */
export async function fetchText(url: string, maxBytes: number): Promise<string> {
  let address = url
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await fetchOnce(address, maxBytes)
    if (answer.kind === 'text') return answer.text
    address = new URL(answer.location, address).href
  }
  throw failed(url, `more than ${MAX_REDIRECTS} redirections`)
}

type Answer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'elsewhere'; readonly location: string }

function fetchOnce(url: string, maxBytes: number): Promise<Answer> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 'https:' || parsed.username || parsed.password)
    throw refused(url, 'it is not a plain https:// address')
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) && !isPublic(host)) throw refused(url, `${host} is not a public address`)
  return new Promise((resolve, reject) => {
    const options = { lookup: publicLookup(url), timeout: TIMEOUT_MS, headers: { 'user-agent': 'ballast' } }
    const asked = request(parsed, options, response => {
      const { statusCode = 0, headers } = response
      if (statusCode >= 300 && statusCode < 400 && headers.location) {
        response.resume()
        resolve({ kind: 'elsewhere', location: headers.location })
        return
      }
      if (statusCode !== 200) {
        response.resume()
        reject(failed(url, `the answer was ${statusCode}`))
        return
      }
      const pieces: Buffer[] = []
      let size = 0
      response.on('data', (piece: Buffer) => {
        size += piece.length
        if (size > maxBytes) asked.destroy(failed(url, `it is larger than ${maxBytes} bytes`))
        else pieces.push(piece)
      })
      response.on('end', () => resolve({ kind: 'text', text: Buffer.concat(pieces).toString('utf8') }))
      response.on('error', reject)
    })
    const late = setTimeout(() => asked.destroy(failed(url, 'it took too long')), TIMEOUT_MS)
    asked.on('timeout', () => asked.destroy(failed(url, 'it took too long')))
    asked.on('error', error => reject(error instanceof ServerError ? error : failed(url, error.message)))
    asked.on('close', () => clearTimeout(late))
    asked.end()
  })
}

/** Resolves names, and refuses those that lead to an address which is not public. */
function publicLookup(url: string): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const hidden = addresses.find(({ address }) => !isPublic(address))
      const first = addresses[0]
      if (hidden || !first)
        return callback(refused(url, `${name} is ${hidden ? 'not at a public' : 'at no'} address`), '', 0)
      if (options.all) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
  }
}

const HIDDEN = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  HIDDEN.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['::', 96],
  // An IPv4 address is in these: a gateway on the way may take them for it.
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['100::', 64],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fec0::', 10],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  HIDDEN.addSubnet(net, prefix, 'ipv6')

/** Whether the address is one of the open Internet (RFC 6890). An IPv4 address within IPv6 counts as itself. */
export function isPublic(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return isPublic(mapped[1]!)
  const family = isIP(address)
  if (family === 0) return false
  return !HIDDEN.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function refused(url: string, why: string): ServerError {
  return new ServerError('OUTBOUND_REFUSED', {
    message: `${shown(url)} is not fetched: ${why}`,
    hint: 'Use a public https:// address, or a project on this server.',
  })
}

function failed(url: string, why: string): ServerError {
  return new ServerError('OUTBOUND_FAILED', {
    message: `${shown(url)} could not be fetched: ${why}`,
    hint: 'Check the address, and whether this machine reaches it.',
  })
}

/** Without what may be a credential. */
function shown(url: string): string {
  return url
    .replace(/\/\/[^/@]*@/, '//')
    .replace(/[?#].*$/, '')
    .slice(0, 200)
}
