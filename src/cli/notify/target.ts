import { text } from 'node:stream/consumers'
import type { ChannelTarget } from '../../api/index.ts'
import { BallastError } from '../../core/index.ts'

export interface TargetFlags {
  readonly url?: string
  readonly smtp?: string
  readonly security?: string
  readonly user?: string
  readonly from?: string
  readonly to?: readonly string[]
}

/** What servers of mail take from programs (RFC 8314: from the first byte encrypted). */
const SUBMISSIONS = 465

/**
 * Where a channel leads. What is secret comes by standard input, never as an argument: the address of a chat's
 * webhook, or the password of a mailbox. Undefined: nothing was said of it.
 */
export async function targetOf(kind: string, flags: TargetFlags): Promise<ChannelTarget | undefined> {
  if (kind === 'email') return emailOf(flags)
  if (flags.smtp || flags.user || flags.from || flags.to || flags.security)
    throw wrong(`--smtp, --security, --user, --from and --to are of a mailbox, and this is a ${kind}`)
  if (kind !== 'webhook' && kind !== 'slack') throw wrong(`'${kind}' is no kind of channel`)
  return flags.url === undefined ? undefined : { kind, url: await given(flags.url) }
}

/** `-`: from standard input. */
async function given(url: string): Promise<string> {
  return url === '-' ? (await text(process.stdin)).trim() : url
}

async function emailOf(flags: TargetFlags): Promise<ChannelTarget | undefined> {
  const { smtp, security, user, from, to } = flags
  if (flags.url) throw wrong('--url is of a webhook or a chat, and this is a mailbox')
  if (!smtp && !security && !user && !from && !to) return undefined
  if (!smtp || !from || !to?.length) throw wrong('A mailbox needs --smtp, --from and --to')
  const { host, port } = placeOf(smtp)
  const said = security ?? (port === SUBMISSIONS ? 'tls' : 'starttls')
  if (said !== 'tls' && said !== 'starttls' && said !== 'plain') throw wrong(`'${said}' is no --security`)
  return {
    kind: 'email',
    host,
    port,
    security: said,
    ...(user && { credentials: { user, password: (await text(process.stdin)).replace(/\r?\n$/, '') } }),
    from,
    to: [...to],
  }
}

/** `smtp.example.org:587`, `[2001:db8::1]:465`; without a port 465. */
function placeOf(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined) throw wrong(`'${text}' is no host and port, such as smtp.example.org:587`)
  return { host, port: port === undefined ? SUBMISSIONS : Number(port) }
}

function wrong(message: string): BallastError {
  return new BallastError('NOTIFY_ARGUMENTS_INVALID', {
    message,
    hint: 'See ballast notify add --help.',
  })
}
