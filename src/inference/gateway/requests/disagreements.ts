import type { Disagreement, Preview } from '../../../api/index.ts'
import type { Milliseconds } from '../../../core/index.ts'
import { headerOf } from '../../frames/index.ts'
import type { ProtocolName } from '../../protocols/index.ts'
import type { Differed, Side } from '../traffic/mirror/mirrors.ts'
import type { ContentRule } from './content/content.ts'
import { answerContent, requestContent } from './record.ts'
import { Redaction } from './redaction/rules.ts'
import type { LogRule } from './rule.ts'

/** Of one rollout; the oldest go first. */
const MAX_KEPT = 50
const MAX_ROLLOUTS = 8
/** Of an input or an answer, as JSON; with the bounds above, 19 MiB in all. */
const MAX_CHARACTERS = 16 * 1024
/** Reading a large one takes 2 ms: a shadow that always differs takes no more of a second than these. */
const MAX_PER_SECOND = 5
/** Where there is no log nothing is kept of what callers sent, nor of answers but what they decide. */
const DECISIONS_ALONE: ContentRule = { redaction: new Redaction([]), bodies: false }

/** The latest requests that a shadow decided otherwise than stable, to be looked at. In memory. */
export class Disagreements {
  readonly #kept = new Map<string, Disagreement[]>()
  readonly #now: () => Milliseconds
  #second = 0
  #taken = 0

  /** `now`: epoch milliseconds. */
  constructor(now: () => Milliseconds = Date.now) {
    this.#now = now
  }

  /** Newest first. */
  of(rollout: string): readonly Disagreement[] {
    return this.#kept.get(rollout)?.toReversed() ?? []
  }

  take({ request, target, primary, mirror }: Differed, rule: LogRule | undefined): void {
    const now = this.#now()
    if (target.rollout === undefined || !this.#mayTake(now)) return
    const { headers, body, requestId } = request
    const protocol = (headerOf(headers, 'protocol') ?? 'oip') as ProtocolName
    const input =
      rule && requestContent({ body, header: name => headerOf(headers, name) }, { protocol, rule })
    const kept = this.#of(target.rollout.id)
    kept.push({
      requestId,
      at: new Date(now).toISOString(),
      step: target.rollout.step,
      ...(input && { input: previewOf(input.json) }),
      stable: sideOf(primary, protocol, rule),
      candidate: sideOf(mirror, protocol, rule),
    })
    if (kept.length > MAX_KEPT) kept.shift()
  }

  #mayTake(now: Milliseconds): boolean {
    const second = Math.floor(now / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#taken = 0
    }
    return this.#taken++ < MAX_PER_SECOND
  }

  #of(rollout: string): Disagreement[] {
    let kept = this.#kept.get(rollout)
    if (kept === undefined) {
      if (this.#kept.size >= MAX_ROLLOUTS) this.#kept.delete(this.#kept.keys().next().value!)
      kept = []
      this.#kept.set(rollout, kept)
    }
    return kept
  }
}

function sideOf(
  { status, ms, answer }: Side,
  protocol: ProtocolName,
  rule: LogRule | undefined,
): Disagreement['stable'] {
  const told = { status, ms: Math.round(ms * 1000) / 1000 }
  if (answer === undefined) return told
  const { json, decisions } = answerContent(answer, { protocol, rule: rule ?? DECISIONS_ALONE })
  return {
    ...told,
    ...(decisions && { decided: decisions.map(decision => ({ ...decision })) }),
    ...(rule && { answer: previewOf(json) }),
  }
}

/** Content is JSON of our own making; what is too long is shown by its beginning. */
function previewOf(json: string): Preview {
  if (json.length <= MAX_CHARACTERS) return JSON.parse(json) as Preview
  return { text: json.slice(0, MAX_CHARACTERS) }
}
