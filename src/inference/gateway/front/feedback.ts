import { InferenceError } from '../../errors.ts'
import { readFeedback } from '../requests/labels/feedback.ts'
import type { Fate } from '../requests/labels/labels.ts'
import type { GatewayState } from '../state.ts'
import type { Bodies } from './body.ts'
import type { Exchange } from './exchange.ts'
import { sendError, sendJson } from './respond.ts'

/** A thousand items with lists of labels; more is sent in parts. */
const MAX_BYTES = 4 * 2 ** 20
/** Calls that wait for their turn. */
const MAX_WAITING = 32
const MAX_ANSWERED_ID = 128

/** `POST /v1/feedback`: what is known of requests later. Needs a token, also where predictions need none. */
export class Feedback {
  readonly #state: GatewayState
  readonly #bodies: Bodies
  #calls = 0

  constructor(state: GatewayState, bodies: Bodies) {
    this.#state = state
    this.#bodies = bodies
  }

  /** Throws what stands in the way before the body is read. */
  answer(exchange: Exchange): void {
    const { labels } = this.#state
    if (labels === undefined) {
      throw new InferenceError('ROUTE_UNKNOWN', {
        message: 'This gateway keeps no requests',
        hint: 'A gateway of a control plane does, where ballast.yaml declares deploy.<environment>.log.',
      })
    }
    const giver = this.#state.giver(exchange.header('authorization'))
    if (this.#calls >= MAX_WAITING) throw busy()
    if (Number(exchange.header('content-length') ?? 0) > MAX_BYTES) throw tooLarge()
    this.#calls++
    this.#bodies.collect(exchange, body => {
      if (body instanceof InferenceError) {
        this.#calls--
        sendError(exchange, body)
        return
      }
      void this.#take(body.chunks, body.bytes, items => labels.give(items, giver))
        .then(answer => sendJson(exchange, 200, JSON.stringify(answer)))
        .catch((error: unknown) => sendError(exchange, error))
        .finally(() => {
          this.#calls--
          this.#bodies.release(body.bytes)
        })
    })
  }

  async #take(
    chunks: readonly Buffer[],
    bytes: number,
    give: (items: ReturnType<typeof readFeedback>) => Promise<readonly Fate[]>,
  ): Promise<object> {
    if (bytes > MAX_BYTES) throw tooLarge()
    const items = readFeedback(Buffer.concat(chunks))
    const fates = await give(items)
    const counts: Partial<Record<Fate, number>> = {}
    for (const fate of fates) counts[fate] = (counts[fate] ?? 0) + 1
    return {
      counts,
      items: items.map(({ id }, i) => ({ id: id.slice(0, MAX_ANSWERED_ID), outcome: fates[i] })),
    }
  }
}

function tooLarge(): InferenceError {
  return new InferenceError('BODY_TOO_LARGE', {
    message: `Feedback is taken up to ${MAX_BYTES} bytes at once`,
    hint: 'Send it in parts.',
  })
}

function busy(): InferenceError {
  return new InferenceError('QUEUE_FULL', {
    message: `${MAX_WAITING} calls with feedback wait for their turn already`,
    hint: 'Try again in a second.',
  })
}
