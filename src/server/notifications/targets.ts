import { type ChannelTarget, channelTargetSchema, type NotifyAllowance } from '../../api/index.ts'
import type { Json } from '../../core/index.ts'
import { type Channel, isSecret, makeSecret } from '../../notify/index.ts'
import type { Vault } from '../access/vault.ts'
import { ServerError } from '../errors.ts'
import { checkHost, readUrl, refused } from './allowed.ts'

/** A target with all that it takes to reach it. */
export type Target =
  | Extract<ChannelTarget, { kind: 'slack' | 'email' }>
  | (Extract<ChannelTarget, { kind: 'webhook' }> & { readonly secret: string })

/** With a secret of its own where it needs one and none was given. Throws OUTBOUND_REFUSED, REQUEST_INVALID. */
export function checkedTarget(
  asked: ChannelTarget,
  allowed: readonly NotifyAllowance[],
  before?: Target,
): { readonly target: Target; readonly made?: string } {
  if (asked.kind === 'email') {
    checkHost(asked.host, allowed)
    if (asked.security === 'plain' && !allowed.includes('plain'))
      throw refused(asked.host, 'is not spoken with by TLS')
    return { target: asked }
  }
  readUrl(asked.url, allowed)
  if (asked.kind === 'slack') return { target: asked }
  if (asked.secret !== undefined) {
    if (!isSecret(asked.secret))
      throw new ServerError('REQUEST_INVALID', {
        message: 'The secret of a webhook is whsec_ and 24 to 64 bytes in base64',
        hint: 'Leave it out, and one is made.',
      })
    return { target: { ...asked, secret: asked.secret } }
  }
  if (before?.kind === 'webhook') return { target: { ...asked, secret: before.secret } }
  const made = makeSecret()
  return { target: { ...asked, secret: made }, made }
}

type Place = Pick<Channel, 'project' | 'id'>
const nameOf = ({ id }: Place) => `notification channel ${id}`

export function sealTarget(vault: Vault, place: Place, target: Target): Promise<string> {
  return vault.seal(place.project, nameOf(place), JSON.stringify(target))
}

/** Throws VAULT_SEALED. */
export async function openTarget(vault: Vault, channel: Channel): Promise<Target> {
  const text = await vault.unseal(channel.project, nameOf(channel), channel.target)
  const target = channelTargetSchema.parse(JSON.parse(text) as Json)
  if (target.kind !== 'webhook') return target
  return { ...target, secret: target.secret ?? '' }
}

/** What may be shown. An address of a webhook is itself what lets somebody post there. */
export function shownOf(target: Target): string {
  if (target.kind !== 'email') return `${new URL(target.url).host}`
  return `${target.to.map(masked).join(', ')} by ${target.host}`
}

/** `ml-team@example.org` -> `m…@example.org`. */
function masked(address: string): string {
  return address.replace(/^(.).*@/, '$1…@')
}
