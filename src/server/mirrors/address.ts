import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { MirrorAllowance } from '../../api/index.ts'
import { messageOf } from '../../core/index.ts'
import type { Remote, RemoteProtocol } from '../../git/index.ts'
import type { SettingStore } from '../../storage/index.ts'
import { ServerError } from '../errors.ts'
import { isPublic } from '../outbound/fetch.ts'

const SETTING = 'mirrors.allow'
const PORTS: Readonly<Record<string, number>> = { https: 443, http: 80, ssh: 22 }
/** Neither can be an option of ssh. */
const SSH_USER = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/
const SSH_HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/

/** What the installation allows beside https to public addresses. Nothing until an admin says so. */
export async function allowances(settings: SettingStore): Promise<readonly MirrorAllowance[]> {
  const text = await settings.get(SETTING)
  return text ? (text.split(',') as MirrorAllowance[]) : []
}

export function allow(settings: SettingStore, allowed: readonly MirrorAllowance[]): Promise<void> {
  return settings.set(SETTING, [...new Set(allowed)].join(','))
}

export interface Address {
  readonly url: string
  readonly protocol: RemoteProtocol
  /** Without the brackets of IPv6; empty for a file. */
  readonly host: string
  readonly port: number
}

/**
 * Reads the address of a remote or of an API, and checks that the installation allows its protocol and, as far as it
 * is written as an IP address, its host. Credentials in it are refused: it is shown. Throws OUTBOUND_REFUSED.
 */
export function readAddress(text: string, allowed: readonly MirrorAllowance[]): Address {
  if (/[\s\x00-\x1f\x7f]/.test(text) || !URL.canParse(text)) throw refused(text, 'it is no URL')
  const url = new URL(text)
  const protocol = url.protocol.slice(0, -1)
  if (protocol !== 'https' && protocol !== 'http' && protocol !== 'file' && protocol !== 'ssh')
    throw refused(text, `${protocol} is not spoken; use https`)
  if ((protocol === 'http' || protocol === 'file') && !allowed.includes(protocol))
    throw refused(text, `an admin has not allowed ${protocol}`)
  if (protocol === 'ssh') checkSsh(url)
  else if (url.username || url.password) throw refused(text, 'it has credentials in it; give them apart')
  if (url.search || url.hash) throw refused(text, 'it has a query')
  if (protocol === 'file' ? url.hostname !== '' : url.hostname === '') throw refused(text, 'its host is odd')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const address = { url: url.href, protocol, host, port: Number(url.port) || (PORTS[protocol] ?? 0) } as const
  if (isIP(host) && !isPublic(host) && !allowed.includes('private'))
    throw refused(text, `${host} is no public address, and an admin has not allowed private ones`)
  return address
}

/** The user of ssh is no secret, and part of its addresses; a password is none of it. */
function checkSsh(url: URL): void {
  if (url.password) throw refused(url.href, 'it has credentials in it; give them apart')
  if (url.username && !SSH_USER.test(url.username)) throw refused(url.href, 'its user is odd')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (!isIP(host) && !SSH_HOST.test(host)) throw refused(url.href, 'its host is odd')
}

/**
 * The remote with its host resolved and pinned, so that what was checked is what is spoken with. A private, loopback
 * or link-local address is refused unless the installation allows it. Throws OUTBOUND_REFUSED, OUTBOUND_FAILED.
 */
export async function pin(address: Address, allowed: readonly MirrorAllowance[]): Promise<Remote> {
  const { url, protocol, host, port } = address
  // An address that is written out was checked as it was read.
  if (protocol === 'file' || isIP(host)) return { url, protocol }
  const found = await lookup(host, { all: true }).catch((cause: unknown) => {
    throw new ServerError('OUTBOUND_FAILED', {
      message: `${host} could not be found: ${messageOf(cause)}`,
      hint: 'Check the address, and whether this machine reaches it.',
    })
  })
  const hidden = found.find(other => !isPublic(other.address))
  if (hidden && !allowed.includes('private'))
    throw refused(url, `${host} is at ${hidden.address}, and an admin has not allowed private addresses`)
  const first = found.find(({ family }) => family === 4) ?? found[0]
  if (!first) throw refused(url, `${host} has no address`)
  return { url, protocol, pinned: { host, port, address: first.address } }
}

function refused(url: string, why: string): ServerError {
  const shown = url.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*$/, '')
  return new ServerError('OUTBOUND_REFUSED', {
    message: `'${shown.slice(0, 200)}' can't be mirrored: ${why}`,
    hint: 'Use https; an admin allows others with `ballast mirror allow`.',
  })
}
