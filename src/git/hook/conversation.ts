import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { type Logger, messageOf, type PrincipalId, type ProjectId, type PushId } from '../../core/index.ts'
import { isQuarantine } from '../lfs/quarantine.ts'
import type { GitHost } from '../ports.ts'
import { isCommitId, isRefName } from '../read/names.ts'
import type { RefChange } from '../types.ts'
import { linesOf } from './lines.ts'

/** More refs in one push are a mistake or a mirror; each may start a pipeline. */
const MAX_CHANGES = 1000
/** A person types a few; a hundred is a script's. */
const MAX_OPTIONS = 100

export interface Conversation {
  readonly host: GitHost
  readonly project: ProjectId
  readonly principal: PrincipalId
  readonly directory: string
  /** Aborts when the client is gone: printing stops, everything else goes on. */
  readonly signal: AbortSignal
  readonly logger: Logger
}

/** How far the hooks of one push came. */
export interface ConversationEnd {
  readonly accepted: PushId | undefined
  readonly told: boolean
}

/**
 * Speaks with the hooks of one push over the descriptor they inherited: first pre-receive, then post-receive.
 * Ends when the socket closes, that is with receive-pack.
 */
export async function converse(channel: Duplex, conversation: Conversation): Promise<ConversationEnd> {
  channel.on('error', () => undefined)
  let accepted: PushId | undefined
  let told = false
  const lines = linesOf(channel)
  for (;;) {
    const { value: name, done } = await lines.next()
    if (done) return { accepted, told }
    if (name === 'pre-receive') {
      accepted = await preReceive(channel, lines, conversation)
    } else if (name === 'post-receive' && accepted !== undefined) {
      await changesOf(lines)
      told = true
      await postReceive(channel, accepted, conversation)
    }
  }
}

async function preReceive(
  channel: Duplex,
  lines: AsyncGenerator<string>,
  { host, project, principal, directory, signal, logger }: Conversation,
): Promise<PushId | undefined> {
  const read = await changesOf(lines)
  if (read.kind === 'refused') return refuse(channel, read.message)
  // The client is gone, or the server stops, before a ref has moved: nobody would see what becomes of it.
  if (signal.aborted) return refuse(channel, 'Ballast is stopping; nothing was changed. Try again.')
  try {
    const { kind: _, ...pushed } = read
    const answer = await host.preReceive({ project, principal, directory, ...pushed })
    if (answer.kind === 'refused') return refuse(channel, answer.message)
    await say(channel, 'exit 0\n')
    return answer.push
  } catch (error) {
    logger.error({ project, error: messageOf(error) }, 'A push could not be judged')
    return refuse(
      channel,
      'Ballast could not judge this push because of an error of its own; nothing was changed.',
    )
  }
}

async function postReceive(
  channel: Duplex,
  push: PushId,
  { host, signal, logger }: Conversation,
): Promise<void> {
  try {
    for await (const text of host.postReceive(push, signal)) {
      if (signal.aborted) break
      await say(channel, printed(text))
    }
  } catch (error) {
    if (!signal.aborted) {
      logger.error({ push, error: messageOf(error) }, 'The progress of a push could not be told')
      await say(
        channel,
        printed('The push is in; its progress can no longer be shown here because of an error.'),
      )
    }
  }
  await say(channel, 'exit 0\n')
}

async function refuse(channel: Duplex, message: string): Promise<undefined> {
  await say(channel, `${printed(message)}exit 1\n`)
  return undefined
}

type Changes =
  | {
      readonly kind: 'changes'
      readonly changes: readonly RefChange[]
      readonly forced: readonly string[]
      readonly options: readonly string[]
      readonly quarantine?: string
    }
  | { readonly kind: 'refused'; readonly message: string }

/** `o <option>`, `q <folder>` and `+ <before> <after> <ref>` up to `end`. Reads on after a mistake, so that the hook is never blocked writing. */
async function changesOf(lines: AsyncGenerator<string>): Promise<Changes> {
  const changes: RefChange[] = []
  const forced: string[] = []
  const options: string[] = []
  let message: string | undefined
  let quarantine: string | undefined
  for (;;) {
    const { value: line, done } = await lines.next()
    if (done) return { kind: 'refused', message: 'The push was cut off.' }
    if (line === 'end') break
    if (line.startsWith('o ')) {
      if (options.length < MAX_OPTIONS) options.push(line.slice(2))
      else message ??= `At most ${MAX_OPTIONS} options are taken in one push.`
      continue
    }
    if (line.startsWith('q ')) {
      quarantine = line.slice(2)
      if (!isQuarantine(quarantine))
        message ??= 'This git keeps what is pushed where Ballast does not find it.'
      continue
    }
    const [mark, before = '', after = '', ref = ''] = line.split(' ')
    if (!isCommitId(before) || !isCommitId(after) || !isRefName(ref))
      message ??= `'${ref}' is no ref that Ballast takes.`
    else if (changes.length >= MAX_CHANGES) message ??= `At most ${MAX_CHANGES} refs are taken in one push.`
    else {
      changes.push({ ref, before, after })
      if (mark === '+') forced.push(ref)
    }
  }
  if (message !== undefined) return { kind: 'refused', message }
  return { kind: 'changes', changes, forced, options, ...(quarantine !== undefined && { quarantine }) }
}

/** One `> ` line for each line of text. Control characters can't reach the terminal of the person who pushes. */
function printed(text: string): string {
  return text
    .split('\n')
    .map(line => `> ${line.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '')}\n`)
    .join('')
}

async function say(channel: Duplex, text: string): Promise<void> {
  if (channel.destroyed || !channel.writable) return
  if (channel.write(text)) return
  await Promise.race([once(channel, 'drain'), once(channel, 'close')]).catch(() => undefined)
}
