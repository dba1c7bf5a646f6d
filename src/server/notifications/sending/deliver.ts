import type { NotifyAllowance } from '../../../api/index.ts'
import {
  type Channel,
  mailOf,
  messageOf,
  type Notice,
  signedHeaders,
  slackBody,
  webhookBody,
} from '../../../notify/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { factsOf } from '../facts.ts'
import { openTarget } from '../targets.ts'
import { sendMail } from './mail.ts'
import type { Outcome } from './outcome.ts'
import { post } from './post.ts'

/** Tells a channel one thing, once. Throws where it can't be tried: a sealed target that can't be opened. */
export async function deliver(
  plane: Pick<ControlPlane, 'stores' | 'settings' | 'vault' | 'clock'>,
  channel: Channel,
  notice: Notice,
  allowed: readonly NotifyAllowance[],
  signal: AbortSignal,
): Promise<Outcome> {
  const facts = await factsOf(plane, channel.project, notice)
  if (!facts) return { kind: 'failed', problem: 'what it tells of is gone', final: true }
  const message = messageOf(facts, channel.language)
  const target = await openTarget(plane.vault, channel)
  switch (target.kind) {
    case 'webhook': {
      const body = webhookBody(facts, message)
      const headers = signedHeaders(notice.id, plane.clock.now(), body, target.secret)
      return post({ url: target.url, body, headers }, allowed, signal)
    }
    case 'slack':
      return withoutAppeal(
        await post({ url: target.url, body: slackBody(message), headers: {} }, allowed, signal),
      )
    case 'email':
      return sendMail(target, { ...mailOf(message), id: notice.id, at: new Date(notice.at) }, allowed, signal)
  }
}

/** What Slack does not take it never takes: an unknown or archived channel, a body that it can't read. */
function withoutAppeal(outcome: Outcome): Outcome {
  if (outcome.kind === 'sent' || outcome.status === undefined) return outcome
  const { status } = outcome
  const passing = status >= 500 || status === 408 || status === 429
  return { ...outcome, final: !passing }
}
