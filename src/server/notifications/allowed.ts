import { isIP } from 'node:net'
import { NOTIFY_ALLOWANCES, type NotifyAllowance } from '../../api/index.ts'
import type { SettingStore } from '../../storage/index.ts'
import { ServerError } from '../errors.ts'
import { isPublic } from '../outbound/fetch.ts'

const SETTING = 'notifications.allow'

/** What the installation allows beside encrypted connections to public addresses. Nothing until an admin says so. */
export async function allowances(settings: SettingStore): Promise<readonly NotifyAllowance[]> {
  const names = (await settings.get(SETTING))?.split(',') ?? []
  return NOTIFY_ALLOWANCES.filter(name => names.includes(name))
}

export function allow(settings: SettingStore, allowed: readonly NotifyAllowance[]): Promise<void> {
  return settings.set(SETTING, [...new Set(allowed)].join(','))
}

/** An address that may be posted to, as far as it is written out. It is secret: no message names more than its host. */
export function readUrl(text: string, allowed: readonly NotifyAllowance[]): URL {
  if (!URL.canParse(text)) throw refused('its address', 'is no URL')
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowed.includes('plain')))
    throw refused(url.host || 'its address', 'is not spoken with by https')
  if (url.username || url.password) throw refused(url.host, 'has credentials before it')
  checkHost(url.hostname.replace(/^\[|\]$/g, ''), allowed)
  return url
}

/** A name is checked where the connection is made: see `guarded`. */
export function checkHost(host: string, allowed: readonly NotifyAllowance[]): void {
  if (isIP(host) && !isPublic(host) && !allowed.includes('private'))
    throw refused(host, 'is no public address')
}

export function refused(what: string, why: string): ServerError {
  return new ServerError('OUTBOUND_REFUSED', {
    message: `The channel can't be used: ${what} ${why}`,
    hint: 'Use encryption and public addresses; an admin allows others with `ballast notify allow`.',
  })
}
