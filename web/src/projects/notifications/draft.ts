import type { ChannelTarget } from '../../../../src/api/notify.ts'

/** What the form holds, whatever kind is chosen. */
export interface Draft {
  readonly name: string
  readonly kind: ChannelTarget['kind']
  readonly url: string
  readonly host: string
  readonly port: string
  readonly user: string
  readonly password: string
  readonly from: string
  /** Addresses with commas or spaces between. */
  readonly to: string
}

export const EMPTY: Draft = {
  name: '',
  kind: 'webhook',
  url: '',
  host: '',
  port: '465',
  user: '',
  password: '',
  from: '',
  to: '',
}

/** Port where the connection is encrypted from its first byte; at others it is before anything is said. */
const TLS_PORT = 465

export function targetOf(draft: Draft): ChannelTarget {
  const { kind, url, host, from, user, password } = draft
  if (kind !== 'email') return { kind, url: url.trim() }
  const port = Number(draft.port)
  return {
    kind,
    host: host.trim(),
    port,
    security: port === TLS_PORT ? 'tls' : 'starttls',
    ...(user.trim() && { credentials: { user: user.trim(), password } }),
    from: from.trim(),
    to: draft.to.split(/[\s,;]+/).filter(Boolean),
  }
}
