import { connect, isIP, type Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import type { ChannelTarget, NotifyAllowance } from '../../../api/index.ts'
import { messageOf } from '../../../core/index.ts'
import type { Mail } from '../../../notify/index.ts'
import { guarded } from '../../outbound/guarded.ts'
import { checkHost } from '../allowed.ts'
import { type Outcome, TIMEOUT_MS } from './outcome.ts'

/** Of one reply of the server: they are lines of 512 bytes (RFC 5321, 4.5.3.1.5), a few of them. */
const MAX_REPLY_BYTES = 64 * 1024

export interface Letter extends Mail {
  /** The same at every try: a mailbox shows it once. */
  readonly id: string
  readonly at: Date
}

/**
 * Sends a letter by SMTP. The connection is made here and handed over, so that what the host's name leads to is
 * checked as it is made, and that it ends in time whatever the server does. With `tls` and `starttls` nothing is
 * said before the connection is encrypted and its certificate checked.
 */
export async function sendMail(
  target: Extract<ChannelTarget, { kind: 'email' }>,
  { id, at, subject, text }: Letter,
  allowed: readonly NotifyAllowance[],
  signal: AbortSignal,
  timeoutMs = TIMEOUT_MS,
): Promise<Outcome> {
  const { host, port, security, credentials, from, to } = target
  checkHost(host, allowed)
  const socket = connect({ host, port, lookup: guarded(allowed.includes('private')) })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const late = `the letter was not taken within ${timeoutMs / 1000} s`
  const end = () => socket.destroy(new Error(signal.aborted ? 'stopped' : late))
  limit.addEventListener('abort', end, { once: true })
  try {
    await connected(socket)
    const transport = createTransport({
      connection: socket,
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'plain',
      ...(credentials && { auth: { user: credentials.user, pass: credentials.password } }),
      // No certificate is asked for by an address, and checked by it all the same.
      tls: { host, ...(isIP(host) === 0 && { servername: host }), minVersion: 'TLSv1.2' },
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      maxResponseSize: MAX_REPLY_BYTES,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    const { response, rejected } = await transport.sendMail({
      // Text would be parsed: an address is one, and no list.
      from: { name: '', address: from },
      to: to.map(address => ({ name: '', address })),
      subject,
      text,
      date: at,
      messageId: `<${id}@${from.split('@')[1]}>`,
      headers: { 'auto-submitted': 'auto-generated' },
    })
    const status = Number(/^\d{3}/.exec(response)?.[0] ?? 250)
    if (rejected.length === 0) return { kind: 'sent', status }
    const problem = `${rejected.length} of ${to.length} mailboxes were refused; the others have it`
    return { kind: 'failed', status, problem, final: true }
  } catch (error) {
    return failed(error, limit.aborted && !signal.aborted ? late : undefined)
  } finally {
    limit.removeEventListener('abort', end)
    socket.destroy()
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve()
    })
  })
}

/** Mailboxes and letters that are refused for good are so at every try; all else may be set right by somebody. */
function failed(error: unknown, late: string | undefined): Outcome {
  const reply = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : Number.NaN
  const status = Number.isSafeInteger(reply) ? reply : undefined
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const isAuth = code === 'EAUTH'
  const answered = `the mail server answered ${status}${isAuth ? ' to the user and password' : ''}`
  const problem = late ?? (status === undefined ? messageOf(error).slice(0, 200) : answered)
  const final = status !== undefined && status >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  return { kind: 'failed', problem, final, ...(status !== undefined && { status }) }
}
