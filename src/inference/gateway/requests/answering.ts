import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Ask } from '../../../api/index.ts'
import { type Logger, type Milliseconds, messageOf } from '../../../core/index.ts'
import type { Disagreements } from './disagreements.ts'
import { exported } from './exported.ts'
import type { RequestLog } from './request-log.ts'
import type { Block } from './wanted.ts'

export interface AnsweringOptions {
  /** The control plane, without a slash at the end. */
  readonly serverUrl: string
  readonly token: string
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** That go on at once: an export reads the disk that requests are written to, a follower only listens. */
const MAX_AT_ONCE = { export: 4, follow: 16 } as const
/** Proxies and readers give up connections that are silent for a minute. */
const BEAT_MS: Milliseconds = 15_000

/** What is asked for. */
export interface Kept {
  readonly log: RequestLog
  readonly disagreements: Disagreements
}

/** Answers what the control plane asks of the requests that are kept here. */
export class Answering {
  readonly #kept: Kept
  readonly #options: AnsweringOptions
  readonly #underWay = { export: 0, follow: 0 }

  constructor(kept: Kept, options: AnsweringOptions) {
    this.#kept = kept
    this.#options = options
  }

  /** Never rejects: who asked sees that the answer has no end. */
  async answer(ask: Ask): Promise<void> {
    const { logger, signal } = this.#options
    const { call } = ask
    const kind = ask.requests?.follow ? 'follow' : 'export'
    if (this.#underWay[kind] >= MAX_AT_ONCE[kind]) {
      logger.warn({ call }, 'too many ask for requests at once; this one is not answered')
      return
    }
    this.#underWay[kind]++
    const gone = new AbortController()
    try {
      await this.#send(ask, gone, AbortSignal.any([signal, gone.signal]))
    } catch (error) {
      if (!signal.aborted)
        logger.info({ call, reason: messageOf(error) }, 'an answer was not taken to its end')
    } finally {
      gone.abort()
      this.#underWay[kind]--
    }
  }

  /** An empty line goes first, so that who asked knows that it comes, and then in every pause. */
  async #send(ask: Ask, gone: AbortController, stop: AbortSignal): Promise<void> {
    const { call } = ask
    const body = new PassThrough()
    body.write('\n')
    const beat = setInterval(() => {
      if (body.writable && !body.writableNeedDrain) body.write('\n')
    }, BEAT_MS)
    try {
      const both = [
        this.#post(call, body, stop),
        pipeline(withEnd(this.#blocks(ask, stop)), body, { signal: stop }),
      ]
      await Promise.all(both.map(each => each.finally(() => each.catch(() => gone.abort()))))
    } finally {
      clearInterval(beat)
    }
  }

  async *#blocks({ requests, disagreements }: Ask, stop: AbortSignal): AsyncGenerator<Block> {
    if (requests !== undefined) yield* exported(this.#kept.log, requests, stop)
    if (disagreements === undefined) return
    for (const each of this.#kept.disagreements.of(disagreements.rollout))
      yield { text: `${JSON.stringify(each)}\n`, records: 1 }
  }

  async #post(call: string, body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const { serverUrl, token } = this.#options
    const response = await fetch(`${serverUrl}/api/v1/agents/gateway/answers/${encodeURIComponent(call)}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      body,
      duplex: 'half',
      redirect: 'error',
      window: null,
      signal,
    } as RequestInit)
    await response.body?.cancel()
    if (!response.ok) throw new Error(`the control plane answered ${response.status}`)
  }
}

async function* withEnd(blocks: AsyncIterable<Block>): AsyncGenerator<string> {
  let records = 0
  for await (const block of blocks) {
    records += block.records
    yield block.text
  }
  yield `${JSON.stringify({ end: { records } })}\n`
}
